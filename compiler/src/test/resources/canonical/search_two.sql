 SELECT count(*) AS count
   FROM ( WITH RECURSIVE r(id) AS (
                 SELECT 1 AS "?column?"
                UNION ALL
                 SELECT (r_1.id + 1)
                   FROM r r_1
                  WHERE (r_1.id < 3)
                ) SEARCH BREADTH FIRST BY id SET o, r2(id) AS (
                 SELECT 1 AS "?column?"
                UNION ALL
                 SELECT (r2_1.id + 1)
                   FROM r2 r2_1,
                    r r_1
                  WHERE (r_1.id < 3)
                )
         SELECT r.o,
            r2.id
           FROM r,
            r2) q;
