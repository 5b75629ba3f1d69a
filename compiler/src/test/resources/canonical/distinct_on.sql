 SELECT DISTINCT ON (a, b) a,
    b,
    c
   FROM parser_probe.t
  ORDER BY a, b, ts DESC;
