 SELECT id
   FROM parser_probe.t
  ORDER BY id
 OFFSET 2
 LIMIT 5;
