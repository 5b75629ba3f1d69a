 SELECT id
   FROM parser_probe.t
  WHERE (a = ( WITH k AS (
                 SELECT max(u.a) AS m
                   FROM parser_probe.u
                )
         SELECT k.m
           FROM k));
