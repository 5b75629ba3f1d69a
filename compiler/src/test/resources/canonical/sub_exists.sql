 SELECT id
   FROM parser_probe.t
  WHERE (EXISTS ( SELECT 1
           FROM parser_probe.u
          WHERE (u.tid = t.id)));
