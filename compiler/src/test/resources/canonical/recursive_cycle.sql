 WITH RECURSIVE r(id, tid) AS (
         SELECT u.id,
            u.tid
           FROM parser_probe.u
        UNION
         SELECT u.id,
            u.tid
           FROM (parser_probe.u
             JOIN r r_1 ON ((u.tid = r_1.id)))
        ) SEARCH BREADTH FIRST BY id SET o CYCLE id SET m TO 'Y'::text DEFAULT 'N'::text USING path
 SELECT id,
    m
   FROM r;
