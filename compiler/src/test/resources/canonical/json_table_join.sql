 SELECT count(*) AS count
   FROM ( SELECT t.id,
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
            j.a,
            j.e
           FROM (parser_probe.t
             LEFT JOIN LATERAL JSON_TABLE(
                    t.jt, 'strict $' AS json_table_path_0
                    COLUMNS (
                        a integer PATH '$."a b"',
                        e boolean EXISTS PATH '$."e"'
                    )
                ) j ON ((j.a = t.a)))) q(id, a, b, c, d, ts, dt, arr, js, jt, comp, x, ok, "Weird ""Name", "order", iv, path, nested, columns, e, a_1, e_1);
