 SELECT t.id,
    t.a
   FROM (parser_probe.t
     JOIN parser_probe.u USING (id) AS j);
