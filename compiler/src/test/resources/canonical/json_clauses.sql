 SELECT count(*) AS count
   FROM ( SELECT JSON_QUERY(t.js, '$' PASSING (t.a + 1) AS z RETURNING text WITHOUT WRAPPER OMIT QUOTES ERROR ON ERROR) AS "json_query",
            JSON_VALUE(t.js, '$."a"' RETURNING integer DEFAULT (1 + 2) ON EMPTY DEFAULT 5 ON ERROR) AS "json_value",
            JSON_EXISTS(t.js, '$' PASSING t.a AS x1 TRUE ON ERROR) AS "json_exists",
            JSON(t.c WITH UNIQUE KEYS) AS "json",
            JSON_SCALAR(t.a) AS "json_scalar",
            JSON_SERIALIZE(t.js RETURNING text) AS "json_serialize",
            (t.c IS JSON OBJECT WITH UNIQUE KEYS) AS "?column?",
            JSON_QUERY(( SELECT t.js), '$' RETURNING jsonb WITH UNCONDITIONAL WRAPPER KEEP QUOTES EMPTY ARRAY ON EMPTY) AS "json_query",
            JSON_VALUE(t.c FORMAT JSON, '$' RETURNING text) AS "json_value"
           FROM parser_probe.t) q("json_query", "json_value", "json_exists", "json", "json_scalar", "json_serialize", "?column?", json_query_1, json_value_1);
