 SELECT id,
    rank() OVER w AS rank,
    sum(a) OVER w2 AS sum,
    lag(a) OVER (w2) AS lag,
    first_value(a) OVER (w3 ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS first_value,
    count(*) FILTER (WHERE (a > 1)) OVER w3 AS count
   FROM parser_probe.t
  WINDOW w AS (PARTITION BY a), w2 AS (w ORDER BY b), w3 AS (w ORDER BY id DESC), "W 4" AS (w2 RANGE UNBOUNDED PRECEDING), w5 AS ();
