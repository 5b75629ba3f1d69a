 SELECT t.id,
    t.a,
    u.v
   FROM (parser_probe.t
     LEFT JOIN parser_probe.u USING (id));
