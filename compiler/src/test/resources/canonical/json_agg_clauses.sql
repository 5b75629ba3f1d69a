 SELECT count(*) AS count
   FROM ( SELECT JSON_ARRAYAGG(t.a ORDER BY t.b DESC NULLS LAST, t.c RETURNING jsonb) FILTER (WHERE t.ok) AS x1,
            JSON_OBJECTAGG(t.c : t.a WITH UNIQUE KEYS RETURNING json) AS x2,
            JSON_ARRAYAGG(t.c FORMAT JSON NULL ON NULL RETURNING text) AS x3,
            JSON_OBJECTAGG(t.c : (t.a + 1) RETURNING character varying(10)) AS x4,
            JSON_ARRAYAGG(( SELECT 1) RETURNING json) AS x5,
            JSON_OBJECTAGG(t.c : ( SELECT JSON_ARRAYAGG(u.v RETURNING json) AS "json_arrayagg"
                   FROM parser_probe.u) RETURNING json) AS x6
           FROM parser_probe.t) q;
