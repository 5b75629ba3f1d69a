 SELECT id,
    avg(a) OVER (ORDER BY ts RANGE BETWEEN '1 day'::interval PRECEDING AND '02:00:00'::interval FOLLOWING) AS s
   FROM parser_probe.t;
