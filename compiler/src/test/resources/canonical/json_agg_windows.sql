 SELECT JSON_ARRAYAGG(a RETURNING json) OVER w AS "json_arrayagg",
    JSON_OBJECTAGG(c : a RETURNING json) FILTER (WHERE (a > 1)) OVER (PARTITION BY b ORDER BY id ROWS 1 PRECEDING) AS "json_objectagg"
   FROM parser_probe.t
  WINDOW w AS (ORDER BY a);
