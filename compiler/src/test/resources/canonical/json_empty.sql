 SELECT count(*) AS count
   FROM ( SELECT JSON_ARRAY(1, JSON_OBJECT('x' : t.a ABSENT ON NULL WITH UNIQUE KEYS RETURNING json) RETURNING json) AS "json_array",
            JSON_ARRAY( RETURNING json) AS "json_array",
            JSON_OBJECT( RETURNING json) AS "json_object",
            JSON_ARRAY(t.c FORMAT JSON RETURNING text) AS "json_array",
            JSON_OBJECT('k' : t.c FORMAT JSON RETURNING json) AS "json_object"
           FROM parser_probe.t) q("json_array", json_array_1, "json_object", json_array_2, json_object_1);
