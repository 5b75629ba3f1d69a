 SELECT t.id,
    w.z
   FROM (parser_probe.t
     RIGHT JOIN (parser_probe.u
     LEFT JOIN parser_probe.w ON ((u.id = w.id))) ON ((t.id = u.tid)));
