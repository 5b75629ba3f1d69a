 SELECT id
   FROM parser_probe.t
 OFFSET ( SELECT count(*) AS count
           FROM parser_probe.u)
 LIMIT ALL;
