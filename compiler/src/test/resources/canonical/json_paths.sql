 SELECT count(*) AS count
   FROM ( SELECT JSON_QUERY(t.js, (('$.'::text || t.c))::jsonpath RETURNING jsonb WITHOUT WRAPPER KEEP QUOTES) AS "json_query",
            JSON_VALUE(t.js, ( SELECT '$."a"'::jsonpath AS jsonpath) RETURNING text) AS "json_value",
            JSON_QUERY(t.js, (t.c)::jsonpath RETURNING jsonb WITH CONDITIONAL WRAPPER KEEP QUOTES DEFAULT '{}'::jsonb ON EMPTY) AS "json_query",
            JSON_EXISTS(t.js, '$."a"' UNKNOWN ON ERROR) AS "json_exists"
           FROM parser_probe.t) q("json_query", "json_value", json_query_1, "json_exists");
