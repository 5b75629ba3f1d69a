 SELECT x
   FROM ( SELECT q.a AS x
           FROM ( SELECT t.a,
                    row_number() OVER (ORDER BY t.id) AS rn
                   FROM parser_probe.t) q
          WHERE (q.rn = 1)) s
  WHERE (x IN ( SELECT w.a
           FROM parser_probe.w
          WHERE (w.z IN ( SELECT u.v
                   FROM parser_probe.u
                  WHERE (u.id = w.id)))));
