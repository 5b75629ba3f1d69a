 SELECT a,
    b,
    count(*) AS count,
    GROUPING(a) AS "grouping",
    (GROUPING(a, b) + 1) AS g
   FROM parser_probe.t
  GROUP BY DISTINCT ROLLUP(a, b), ROLLUP(a, (b, c));
