 SELECT (a + 1) AS "?column?",
    b
   FROM parser_probe.t
  GROUP BY (a + 1), b, c, ROLLUP((a + 1), b), CUBE(c, (d, id)), GROUPING SETS (());
