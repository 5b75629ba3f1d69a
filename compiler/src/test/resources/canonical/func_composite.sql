 SELECT id,
    c
   FROM parser_probe.srf(1) s(id, a, b, c, d, ts, dt, arr, js, comp, x, ok, "Weird ""Name", "order", iv);
