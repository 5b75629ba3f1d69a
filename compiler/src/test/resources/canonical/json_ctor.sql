 SELECT JSON_OBJECT('a' : a, 'b' : b RETURNING jsonb) AS o,
    JSON_ARRAY(a, b RETURNING json) AS r,
    JSON_SCALAR(a) AS s,
    JSON_SERIALIZE(js RETURNING text) AS z,
    JSON(c) AS jj
   FROM parser_probe.t;
