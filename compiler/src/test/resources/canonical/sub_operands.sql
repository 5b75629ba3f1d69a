 SELECT count(*) AS count
   FROM ( SELECT
                CASE
                    WHEN (EXISTS ( SELECT 1)) THEN ( SELECT 2)
                    ELSE array_length(ARRAY( SELECT 3), 1)
                END AS array_length,
            COALESCE(( SELECT 1), 2) AS "coalesce",
            ((t.a >= ( SELECT 1)) AND (t.a <= ( SELECT 2))) AS "?column?",
            (t.a = ANY (ARRAY[1, ( SELECT 2)])) AS "?column?",
            ARRAY[( SELECT 1), t.a] AS "array",
            ARRAY[ARRAY[1, 2], ARRAY( SELECT 1
                UNION
                 SELECT 2)] AS "array",
            (( SELECT 1) IS NULL) AS "?column?",
            ((t.a IN ( SELECT 1)) IS NOT TRUE) AS "?column?",
            ((t.a IN ( SELECT 1)) IS DISTINCT FROM (t.b IN ( SELECT 2))) AS "?column?",
            (- ( SELECT 1)) AS "?column?",
            (( SELECT 1))::text AS "?column?",
            ((t.a IN ( SELECT 1)))::text AS text,
            (NOT (t.a = ALL ( SELECT 1))) AS "?column?",
            ROW(1, ( SELECT 2)) AS "row",
            (ROW(t.a, t.b) IS NULL) AS "?column?",
            (( SELECT t1.c
                   FROM parser_probe.t t1
                 LIMIT 1) COLLATE "C") AS c,
            (( SELECT t2.ts
                   FROM parser_probe.t t2
                 LIMIT 1) AT TIME ZONE 'UTC'::text) AS timezone,
            ((( SELECT t4.dt
                   FROM parser_probe.t t4
                 LIMIT 1), t.dt) OVERLAPS (t.dt, t.dt)) AS "overlaps",
            EXTRACT(year FROM ( SELECT t5.dt
                   FROM parser_probe.t t5
                 LIMIT 1)) AS "extract",
            (t.c ~ similar_to_escape(( SELECT 'a'::text))) AS "?column?",
            (t.c ~~ like_escape(( SELECT 'a'::text), 'x'::text)) AS "?column?"
           FROM parser_probe.t) q(array_length, "coalesce", "?column?", "?column?_1", "array", array_1, "?column?_2", "?column?_3", "?column?_4", "?column?_5", "?column?_6", text, "?column?_7", "row", "?column?_8", c, timezone, "overlaps", "extract", "?column?_9", "?column?_10");
