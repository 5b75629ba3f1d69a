 SELECT t.id AS tid,
    jt.n,
    jt.id,
    jt.nm,
    jt.ex,
    jt.j,
    jt.kk
   FROM parser_probe.t,
    LATERAL JSON_TABLE(
            t.js, '$[*]' AS root
            COLUMNS (
                n FOR ORDINALITY,
                id integer PATH '$."id"' DEFAULT 0 ON ERROR,
                nm text PATH '$."name"',
                ex boolean EXISTS PATH '$."x"',
                j jsonb PATH '$."j"' WITH UNCONDITIONAL WRAPPER KEEP QUOTES,
                NESTED PATH '$."k"[*]' AS k
                COLUMNS (
                    kk text PATH '$."kk"'
                )
            ) ERROR ON ERROR
        ) jt;
