 SELECT ARRAY[a, b] AS x,
    ARRAY[ARRAY[a, b], ARRAY[b, a]] AS y,
    arr[1] AS e,
    arr[1:2] AS s,
    arr[a:] AS r,
    arr[:b] AS q,
    (ARRAY[1, 2])[a] AS z,
    ARRAY[]::integer[] AS em,
    (arr || a) AS app
   FROM parser_probe.t;
