 SELECT ntile(4) OVER (ORDER BY ts RANGE ((2)::double precision * '1 day'::interval) PRECEDING) AS ntile,
    rank() OVER (ORDER BY (a > ( SELECT 1))) AS rank
   FROM parser_probe.t;
