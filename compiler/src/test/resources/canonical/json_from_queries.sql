 SELECT count(*) AS count
   FROM ( SELECT ( SELECT JSON_ARRAYAGG(q_1.a RETURNING json) AS "json_arrayagg"
                   FROM ( SELECT t_1.id
                           FROM parser_probe.t t_1
                          ORDER BY t_1.id) q_1(a)) AS "json_array",
            JSON_ARRAY(1, ( SELECT 2), NULL::text NULL ON NULL RETURNING json) AS "json_array",
            JSON_OBJECT('a' : ( SELECT 1), 'b' : t.a RETURNING jsonb) AS "json_object",
            ( SELECT JSON_ARRAYAGG(q_1.a RETURNING jsonb) AS "json_arrayagg"
                   FROM ( SELECT t_1.id
                           FROM parser_probe.t t_1) q_1(a)) AS "json_array"
           FROM parser_probe.t) q("json_array", json_array_1, "json_object", json_array_2);
