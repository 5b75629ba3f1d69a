 SELECT json_agg(a ORDER BY b) AS json_agg,
    json_object_agg(c, a) AS json_object_agg,
    string_agg(c, ','::text ORDER BY (c COLLATE "C") DESC, (a + 1)) AS string_agg,
    xmlagg(x ORDER BY id) AS xmlagg,
    array_agg(DISTINCT a ORDER BY a) AS array_agg,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY e DESC NULLS LAST) AS percentile_cont,
    percentile_disc((ARRAY[0.1])::double precision[]) WITHIN GROUP (ORDER BY a) FILTER (WHERE ok) AS percentile_disc,
    mode() WITHIN GROUP (ORDER BY c) AS mode,
    rank(1, 'a'::text) WITHIN GROUP (ORDER BY a DESC, c) AS rank
   FROM parser_probe.t;
