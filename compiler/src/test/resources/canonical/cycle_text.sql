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
                ) CYCLE id, tid SET mark TO 'Y'::text DEFAULT 'N'::text USING path
         SELECT r.id,
            r.tid,
            r.mark,
            r.path
           FROM r) q;
