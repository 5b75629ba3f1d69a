 SELECT a
   FROM parser_probe.rec() q(a integer, b integer);
