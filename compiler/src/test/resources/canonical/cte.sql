 WITH q AS (
         SELECT t.a
           FROM parser_probe.t
        ), r(x) AS MATERIALIZED (
         SELECT u.a
           FROM parser_probe.u
        )
 SELECT q.a,
    r.x
   FROM (q
     JOIN r ON ((q.a = r.x)));
