 SELECT count(*) AS count
   FROM ( WITH RECURSIVE r(id, tid) AS (
                 SELECT u.id,
                    u.tid
                   FROM parser_probe.u
                UNION ALL
                 SELECT u.id,
                    u.tid
                   FROM (parser_probe.u
                     JOIN r r_1 ON ((u.tid = r_1.id)))
                ) SEARCH BREADTH FIRST BY id, tid SET "Ord er" CYCLE id SET "order" TO 1 DEFAULT '-1'::integer USING "P p"
         SELECT r.id,
            r.tid,
            r."Ord er",
            r."order",
            r."P p"
           FROM r) q;
