 SELECT t.id,
    t.a,
    t.b,
    t.c,
    t.d,
    t.ts,
    t.dt,
    t.arr,
    t.js,
    t.jt,
    t.comp,
    t.x,
    t.ok,
    t."Weird ""Name",
    t."order",
    t.iv,
    t.path,
    t.nested,
    t.columns,
    t.e,
    g.g
   FROM (parser_probe.t
     LEFT JOIN LATERAL generate_series(1, (t.a + ( SELECT (count(*))::integer AS count
           FROM parser_probe.u
          WHERE (u.tid = t.id)))) g(g) ON (true));
