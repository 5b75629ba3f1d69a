 SELECT id
   FROM parser_probe.t
  WHERE ((a IN ( SELECT u.a
           FROM parser_probe.u
        UNION
         SELECT w.a
           FROM parser_probe.w)) AND (b IN ( VALUES (1), (2))));
