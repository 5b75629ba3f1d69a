 SELECT EXTRACT(year FROM ts) AS y,
    EXTRACT(epoch FROM (ts - now())) AS e,
    date_part('month'::text, ts) AS m,
    date_trunc('day'::text, ts) AS d
   FROM parser_probe.t;
