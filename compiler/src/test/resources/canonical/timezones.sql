 SELECT (ts AT TIME ZONE 'UTC'::text) AS z,
    (ts AT LOCAL) AS l,
    ((ts AT TIME ZONE 'UTC'::text) AT TIME ZONE 'CET'::text) AS y
   FROM parser_probe.t;
