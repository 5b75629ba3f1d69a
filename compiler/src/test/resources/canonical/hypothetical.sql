 SELECT rank(1) WITHIN GROUP (ORDER BY a) AS rank,
    percentile_disc((ARRAY[0.1, 0.9])::double precision[]) WITHIN GROUP (ORDER BY d DESC) AS percentile_disc
   FROM parser_probe.t;
