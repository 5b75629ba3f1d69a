 SELECT (a + b) AS s,
    count(*) AS count
   FROM parser_probe.t
  GROUP BY (a + b)
  ORDER BY (a + b) DESC, (count(*));
