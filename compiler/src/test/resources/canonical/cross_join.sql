 SELECT t.id
   FROM (parser_probe.t
     CROSS JOIN parser_probe.u);
