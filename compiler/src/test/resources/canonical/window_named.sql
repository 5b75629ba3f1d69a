 SELECT id,
    rank() OVER w AS rank,
    lag(a, 1, 0) OVER (w ROWS 2 PRECEDING) AS lag
   FROM parser_probe.t
  WINDOW w AS (PARTITION BY b ORDER BY c);
