 SELECT t.id,
    u.v
   FROM (parser_probe.t
     JOIN parser_probe.u ON ((t.id = u.tid)))
  WHERE (((t.a > 1) AND (u.a = 2)) OR (NOT t.ok));
