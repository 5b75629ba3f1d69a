 SELECT t.id,
    l.v
   FROM (parser_probe.t
     LEFT JOIN LATERAL ( SELECT u.v
           FROM parser_probe.u
          WHERE (u.tid = t.id)) l ON (true));
