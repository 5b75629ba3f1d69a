( SELECT t.a
   FROM parser_probe.t
  ORDER BY t.a
 LIMIT 1)
UNION ALL
( SELECT u.a
   FROM parser_probe.u
  ORDER BY u.a
 LIMIT 2);
