 SELECT t.id,
    u.v
   FROM (parser_probe.t
     FULL JOIN parser_probe.u ON ((t.id = u.tid)));
