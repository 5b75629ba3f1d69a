 WITH RECURSIVE r(id, tid) AS (
         SELECT u.id,
            u.tid
           FROM parser_probe.u
        UNION ALL
         SELECT u.id,
            u.tid
           FROM (parser_probe.u
             JOIN r r_1 ON ((u.tid = r_1.id)))
        ) SEARCH DEPTH FIRST BY id, tid SET o CYCLE id SET is_cycle USING path
 SELECT id,
    is_cycle
   FROM r;
