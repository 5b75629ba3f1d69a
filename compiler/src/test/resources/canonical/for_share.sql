 SELECT id
   FROM parser_probe.t
 FOR NO KEY UPDATE OF t;
