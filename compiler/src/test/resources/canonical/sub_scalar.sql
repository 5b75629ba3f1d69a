 SELECT id,
    ( SELECT max(u.a) AS max
           FROM parser_probe.u
          WHERE (u.tid = t.id)) AS m
   FROM parser_probe.t;
