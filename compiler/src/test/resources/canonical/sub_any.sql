 SELECT id
   FROM parser_probe.t
  WHERE (a > ANY ( SELECT u.a
           FROM parser_probe.u));
