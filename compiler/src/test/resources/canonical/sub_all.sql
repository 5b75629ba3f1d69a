 SELECT id
   FROM parser_probe.t
  WHERE (a <= ALL ( SELECT u.a
           FROM parser_probe.u));
