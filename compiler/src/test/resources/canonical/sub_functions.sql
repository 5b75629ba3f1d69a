 SELECT count(*) AS count
   FROM ( SELECT TRIM(BOTH ( SELECT 'a'::text) FROM t.c) AS btrim,
            SUBSTRING(t.c FROM ( SELECT 1) FOR ( SELECT 2)) AS "substring",
            SUBSTRING(t.c SIMILAR ( SELECT 'a'::text) ESCAPE '#'::text) AS "substring",
            POSITION((( SELECT 'a'::text)) IN (( SELECT 'b'::text))) AS "position",
            OVERLAY(t.c PLACING ( SELECT 'x'::text) FROM ( SELECT 1)) AS "overlay",
            COLLATION FOR (( SELECT 'a'::text AS text)) AS pg_collation_for,
            NORMALIZE(( SELECT t.c), NFC) AS "normalize",
            (( SELECT t.c) IS NORMALIZED) AS is_normalized,
            (( SELECT t.js) IS JSON) AS "?column?",
            GREATEST(( SELECT 1), t.a) AS "greatest",
            NULLIF(( SELECT 1), 2) AS "nullif",
            (( SELECT 1))::text AS "?column?",
            t.arr[( SELECT 1):( SELECT 2)] AS arr,
            ((t.comp).x + ( SELECT 1)) AS "?column?"
           FROM parser_probe.t) q(btrim, "substring", substring_1, "position", "overlay", pg_collation_for, "normalize", is_normalized, "?column?", "greatest", "nullif", "?column?_1", arr, "?column?_2");
