 SELECT j.a1
   FROM (parser_probe.t
     JOIN parser_probe.u ON ((t.id = u.tid))) j(a1, a2, a3, c, d, ts, dt, arr, js, comp, x, ok, "Weird ""Name", "order", iv, id, a, v, tid);
