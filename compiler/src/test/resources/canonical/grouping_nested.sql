 SELECT a,
    b
   FROM parser_probe.t
  GROUP BY GROUPING SETS ((a, b), (a), (), ROLLUP(a, (b, c)), CUBE((a, b), c), (a), (b), (c, a));
