 SELECT count(*) AS count
   FROM ( SELECT (t.a IN ( SELECT u.id
                   FROM parser_probe.u)) AS "?column?",
            ((t.a + 1) <> ALL ( SELECT u.id
                   FROM parser_probe.u)) AS "?column?",
            (t.c ~~ ANY ( SELECT u.v
                   FROM parser_probe.u)) AS "?column?",
            (t.c !~~ ALL ( SELECT u.v
                   FROM parser_probe.u)) AS "?column?",
            ((t.a, t.b) IN ( SELECT u.p,
                    u.q
                   FROM parser_probe.u)) AS "?column?",
            (NOT ((t.a, t.b) IN ( SELECT u.p,
                    u.q
                   FROM parser_probe.u))) AS "?column?",
            ((t.a, t.b) < ALL ( SELECT u.p,
                    u.q
                   FROM parser_probe.u)) AS "?column?",
            (NOT (EXISTS ( SELECT 1))) AS "?column?",
            ((t.a, t.b) = ( SELECT u.p,
                    u.q
                   FROM parser_probe.u
                 LIMIT 1)) AS "?column?",
            (ARRAY( SELECT 1) || t.arr) AS "?column?",
            (ARRAY( SELECT 1))[1] AS "array",
            (( SELECT t1.comp
                   FROM parser_probe.t t1
                 LIMIT 1)).x AS x,
            (( SELECT t2.arr
                   FROM parser_probe.t t2))[1] AS arr,
            (t.a = ANY (( SELECT t3.arr
                   FROM parser_probe.t t3)::integer[])) AS "?column?",
            ((t.a, t.b) IN ( SELECT u.p,
                    u.q
                   FROM parser_probe.u)) AS "?column?"
           FROM parser_probe.t) q("?column?", "?column?_1", "?column?_2", "?column?_3", "?column?_4", "?column?_5", "?column?_6", "?column?_7", "?column?_8", "?column?_9", "array", x, arr, "?column?_10", "?column?_11");
