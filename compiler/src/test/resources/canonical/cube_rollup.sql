 SELECT a,
    b,
    c,
    count(*) AS count
   FROM parser_probe.t
  GROUP BY a, CUBE(b), ROLLUP(c);
