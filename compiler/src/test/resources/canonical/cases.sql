 SELECT
        CASE
            WHEN (a > 1) THEN 'x'::text
            WHEN (b IS NULL) THEN c
            ELSE 'z'::text
        END AS k,
        CASE a
            WHEN 1 THEN b
            WHEN 2 THEN a
            ELSE NULL::integer
        END AS l,
        CASE
            WHEN (EXISTS ( SELECT 1
               FROM parser_probe.u
              WHERE (u.a = t.a))) THEN 1
            ELSE NULL::integer
        END AS m
   FROM parser_probe.t;
