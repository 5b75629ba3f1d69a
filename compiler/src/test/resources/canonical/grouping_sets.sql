 SELECT a,
    b,
    GROUPING(a, b) AS g,
    sum(d) AS sum
   FROM parser_probe.t
  GROUP BY GROUPING SETS ((a, b), (a), ());
