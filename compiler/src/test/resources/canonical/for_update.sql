 SELECT id
   FROM parser_probe.t
 FOR UPDATE OF t SKIP LOCKED;
