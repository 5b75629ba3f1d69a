 SELECT id
   FROM parser_probe.t
  WHERE ((a, b) IN ( SELECT u.a,
            u.tid
           FROM parser_probe.u));
