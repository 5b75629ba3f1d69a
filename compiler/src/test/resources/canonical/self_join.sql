 SELECT t.id,
    t2.id AS id2
   FROM parser_probe.t,
    parser_probe.t t2;
