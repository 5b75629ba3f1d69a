 SELECT id
   FROM parser_probe.t
 LIMIT ( SELECT max(u.id) AS max
           FROM parser_probe.u)
 FOR UPDATE OF t SKIP LOCKED;
