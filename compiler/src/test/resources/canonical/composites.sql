 SELECT (comp).f AS f,
    (comp).arr[a] AS ca,
    (ROW(a, b) IS NULL) AS r,
    (ROW(a, c, arr)::parser_probe.comp).g AS g,
    (( SELECT x.comp
           FROM parser_probe.t x
         LIMIT 1)).f AS sf
   FROM parser_probe.t;
