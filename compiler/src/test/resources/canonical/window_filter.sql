 SELECT id,
    count(*) FILTER (WHERE (a > 1)) OVER () AS c
   FROM parser_probe.t;
