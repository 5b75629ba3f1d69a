(
         SELECT t.a
           FROM parser_probe.t
        UNION
         SELECT u.a
           FROM parser_probe.u
) UNION ALL (
         SELECT w.a
           FROM parser_probe.w
        INTERSECT
         SELECT t.id AS a
           FROM parser_probe.t
);
