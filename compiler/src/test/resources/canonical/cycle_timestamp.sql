 SELECT count(*) AS count
   FROM ( WITH RECURSIVE r(id, tid) AS MATERIALIZED (
                 SELECT u.id,
                    u.tid
                   FROM parser_probe.u
                UNION ALL
                 SELECT u.id,
                    u.tid
                   FROM (parser_probe.u
                     JOIN r r_1 ON ((u.tid = r_1.id)))
                ) SEARCH DEPTH FIRST BY id SET depth CYCLE id SET cycle TO '2020-01-01 00:00:00+00'::timestamp with time zone DEFAULT NULL::timestamp with time zone USING using_, s AS NOT MATERIALIZED (
                 SELECT 1 AS q
                )
         SELECT r.id,
            r.tid,
            r.depth,
            r.cycle,
            r.using_,
            s.q
           FROM r,
            s
          ORDER BY r.depth) q;
