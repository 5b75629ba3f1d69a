 SELECT id
   FROM parser_probe.t
  WHERE (((a, b, c) >= ( SELECT u.p,
            u.q,
            u.v
           FROM parser_probe.u
         LIMIT 1)) AND ((a, b) <> ALL ( SELECT u.p,
            u.q
           FROM parser_probe.u)) AND ((a = 1) = ( SELECT true)) AND (a IN ( SELECT 1)) AND (comp = ( SELECT t1.comp
           FROM parser_probe.t t1
         LIMIT 1)) AND (comp IN ( SELECT t_1.comp
           FROM parser_probe.t t_1)) AND ((comp).x IN ( SELECT 1)) AND (t.* IN ( SELECT t_1.*::parser_probe.t AS t
           FROM parser_probe.t t_1)) AND (ROW(id, a, b, c, d, ts, dt, arr, js, jt, comp, x, ok, "Weird ""Name", "order", iv, path, nested, columns, e) IS NOT NULL));
