 SELECT DISTINCT a,
    b
   FROM parser_probe.t;
