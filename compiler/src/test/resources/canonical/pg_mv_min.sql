 SELECT b,
    min(a) AS min,
    max(a) AS max,
    (avg(d))::numeric(10,2) AS avg,
    stddev(a) AS stddev,
    count(*) FILTER (WHERE ((a > 0) AND ok)) AS count
   FROM parser_probe.t
  WHERE (dt >= '2020-01-01'::date)
  GROUP BY b;
