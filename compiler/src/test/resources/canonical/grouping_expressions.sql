 SELECT ("Weird ""Name" + 1) AS x,
    lower(c) AS lower
   FROM parser_probe.t
  GROUP BY ROLLUP(("Weird ""Name" + 1), (lower(c)),
        CASE
            WHEN (a = 1) THEN 2
            ELSE NULL::integer
        END, ( SELECT 1));
