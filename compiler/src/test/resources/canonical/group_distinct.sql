 SELECT a,
    b,
    count(*) AS count
   FROM parser_probe.t
  GROUP BY DISTINCT ROLLUP(a, b), ROLLUP(a);
