 SELECT id
   FROM parser_probe.t
  WHERE ((a, b) = ( SELECT u.a,
            u.tid
           FROM parser_probe.u
         LIMIT 1));
