 SELECT count(*) AS count
   FROM ( SELECT jt.n,
            jt.id,
            jt.nm,
            jt.ex,
            jt.j,
            jt.j2,
            jt."K k",
            jt.z,
            jt.o,
            jt.y,
            jt.nested,
            jt.path,
            jt.columns,
            jt.value,
            jt.name,
            jt.arr,
            jt.cc,
            jt.tt
           FROM parser_probe.t,
            LATERAL JSON_TABLE(
                    t.js, '$[*]' AS root
                    PASSING
                        t.a AS x1
                    COLUMNS (
                        n FOR ORDINALITY,
                        id integer PATH '$."id"' DEFAULT (1 + 1) ON EMPTY DEFAULT 0 ON ERROR,
                        nm text PATH '$."nm"',
                        ex boolean EXISTS PATH '$."x"' ERROR ON ERROR,
                        j jsonb PATH '$."j"' WITHOUT WRAPPER OMIT QUOTES EMPTY ARRAY ON EMPTY,
                        j2 text FORMAT JSON PATH '$' WITHOUT WRAPPER KEEP QUOTES EMPTY OBJECT ON ERROR,
                        NESTED PATH '$."k"[*]' AS k
                        COLUMNS (
                            "K k" text PATH '$."kk"',
                            NESTED PATH '$."z"' AS json_table_path_0
                            COLUMNS (
                                z integer PATH '$',
                                o FOR ORDINALITY
                            )
                        ),
                        NESTED PATH '$."m"[*]' AS json_table_path_1
                        COLUMNS (
                            y character varying(10) PATH '$',
                            nested integer PATH '$."nested"',
                            path integer PATH '$."path"',
                            columns integer PATH '$."columns"',
                            value text PATH '$."value"',
                            name text PATH '$."name"',
                            arr integer[] PATH '$."a"' WITHOUT WRAPPER KEEP QUOTES,
                            cc numeric(10,2) PATH '$."b"',
                            tt timestamp with time zone PATH '$'
                        )
                    ) ERROR ON ERROR
                ) jt) q;
