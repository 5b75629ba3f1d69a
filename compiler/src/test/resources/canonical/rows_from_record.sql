 SELECT a,
    b
   FROM parser_probe.rec() z(a integer, b integer);
