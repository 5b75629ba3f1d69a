 SELECT id,
    a
   FROM parser_probe.t
  ORDER BY a DESC, b DESC NULLS LAST, c NULLS FIRST;
