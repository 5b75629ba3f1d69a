( SELECT t.id
   FROM parser_probe.t
  ORDER BY t.id
 LIMIT 2)
UNION ALL
( SELECT u.id
   FROM parser_probe.u
  ORDER BY u.id DESC
 OFFSET 1)
  ORDER BY 1
 LIMIT 3;
