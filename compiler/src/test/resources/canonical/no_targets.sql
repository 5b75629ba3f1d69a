 SELECT
   FROM parser_probe.t;
