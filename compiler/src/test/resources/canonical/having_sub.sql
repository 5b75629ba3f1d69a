 SELECT a
   FROM parser_probe.t
  GROUP BY a
 HAVING ((sum(b))::numeric > ( SELECT avg(t_1.b) AS avg
           FROM parser_probe.t t_1));
