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
            "json_table".a,
            "json_table"."order",
            "json_table".exists_,
            "json_table".ordinality,
            "json_table"."for",
            "json_table".key,
            "json_table".format,
            "json_table".error,
            "json_table".empty
           FROM parser_probe.t,
            LATERAL JSON_TABLE(
                    t.js, '$' AS json_table_path_0
                    PASSING
                        t.c FORMAT JSON AS cc
                    COLUMNS (
                        a integer PATH '$."a"' DEFAULT (1 + 2) ON EMPTY,
                        "order" parser_probe.comp PATH '$' WITHOUT WRAPPER KEEP QUOTES,
                        exists_ integer PATH '$."exists_"',
                        ordinality integer PATH '$."ordinality"',
                        "for" integer PATH '$."for"',
                        key integer PATH '$."key"',
                        format integer PATH '$."format"',
                        error integer PATH '$."error"',
                        empty integer PATH '$."empty"'
                    )
                )) q(id, a, b, c, d, ts, dt, arr, js, jt, comp, x, ok, "Weird ""Name", "order", iv, path, nested, columns, e, a_1, order_1, exists_, ordinality, "for", key, format, error, empty);
