 SELECT id,
    unnest(arr) AS e,
    generate_series(1, a) AS g
   FROM parser_probe.t;
