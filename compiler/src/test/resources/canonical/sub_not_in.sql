 SELECT id
   FROM parser_probe.t
  WHERE (NOT (a IN ( SELECT u.a
           FROM parser_probe.u)));
