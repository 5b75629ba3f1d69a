 SELECT t.a
   FROM parser_probe.t
UNION ALL
 SELECT u.a
   FROM parser_probe.u;
