 SELECT t.id,
    l.v
   FROM parser_probe.t,
    LATERAL ( SELECT u.v
           FROM parser_probe.u
          WHERE (u.tid = t.id)
         LIMIT 1) l;
