 SELECT 1 AS one
   FROM ((parser_probe.t
     LEFT JOIN parser_probe.u ON ((t.id = u.tid)))
     FULL JOIN (parser_probe.w
     CROSS JOIN parser_probe.u u2) ON ((t.a = w.a)));
