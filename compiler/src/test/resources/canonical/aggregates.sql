 SELECT b,
    count(DISTINCT a) AS count,
    array_agg(c ORDER BY a DESC, c) AS array_agg,
    string_agg(c, ','::text ORDER BY id) FILTER (WHERE ok) AS string_agg,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((d)::double precision)) AS percentile_cont,
    mode() WITHIN GROUP (ORDER BY c) AS mode
   FROM parser_probe.t
  GROUP BY b
 HAVING ((count(*) > 1) AND (sum(d) IS NOT NULL));
