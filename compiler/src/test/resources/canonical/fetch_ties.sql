 SELECT id
   FROM parser_probe.t
  ORDER BY id
 FETCH FIRST (3) ROWS WITH TIES;
