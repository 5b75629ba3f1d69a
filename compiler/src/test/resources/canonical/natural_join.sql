 SELECT u.id,
    u.a,
    u.v,
    u.tid,
    w.z
   FROM (parser_probe.u
     JOIN parser_probe.w USING (id, a));
