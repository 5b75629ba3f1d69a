 SELECT id
   FROM parser_probe.t
  WHERE ((a, b) < ALL ( SELECT u.a,
            u.tid
           FROM parser_probe.u));
