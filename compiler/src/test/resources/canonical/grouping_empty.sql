 SELECT count(*) AS count
   FROM parser_probe.t
  GROUP BY ()
 HAVING (count(*) > 3);
