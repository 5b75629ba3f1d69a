 SELECT t.id,
    e.v,
    e.n
   FROM parser_probe.t,
    LATERAL unnest(t.arr) WITH ORDINALITY e(v, n);
