 SELECT count(*) AS count
   FROM ( WITH RECURSIVE r(search, cycle) AS (
                 SELECT u.id,
                    u.tid
                   FROM parser_probe.u
                UNION ALL
                 SELECT u.id,
                    u.tid
                   FROM (parser_probe.u
                     JOIN r r_1 ON ((u.tid = r_1.search)))
                ) SEARCH DEPTH FIRST BY cycle, search SET set CYCLE search SET is_cycle TO true DEFAULT NULL::boolean USING path
         SELECT r.search,
            r.cycle,
            r.set,
            r.is_cycle,
            r.path
           FROM r) q;
