 SELECT id
   FROM parser_probe.t
  WHERE (NOT (EXISTS ( SELECT
           FROM parser_probe.u
          WHERE (u.tid = t.id))));
