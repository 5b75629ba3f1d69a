 SELECT t.a
   FROM parser_probe.t
EXCEPT (
         SELECT u.a
           FROM parser_probe.u
        INTERSECT ALL
         SELECT w.a
           FROM parser_probe.w
);
