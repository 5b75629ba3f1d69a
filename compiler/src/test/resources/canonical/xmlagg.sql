 SELECT xmlagg(x ORDER BY a) AS xmlagg
   FROM parser_probe.t;
