 SELECT t.a,
    t.c
   FROM parser_probe.t
UNION
 SELECT u.a,
    u.v AS c
   FROM parser_probe.u
  ORDER BY 2, 1
 LIMIT 3;
