 SELECT t.*::parser_probe.t AS w,
    ((t.* = t.*) AND (1 = 1)) AS r,
    (t.* IS NOT NULL) AS nn,
    count(t.*) OVER () AS c,
    to_jsonb(t.*) AS j,
    row_to_json(u.*) AS k
   FROM parser_probe.t,
    parser_probe.u;
