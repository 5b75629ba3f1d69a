 SELECT count(*) AS count
   FROM ( WITH w AS (
                 SELECT 1 AS one
                )
         SELECT ( WITH y AS (
                         SELECT w.one
                           FROM w
                        )
                 SELECT y.one
                   FROM y) AS one,
            (EXISTS ( WITH y AS (
                         SELECT 1 AS "?column?"
                        )
                 SELECT y."?column?"
                   FROM y)) AS "exists",
            (t.a IN ( WITH y AS (
                         SELECT 1 AS "?column?"
                        )
                 SELECT y."?column?"
                   FROM y)) AS "?column?",
            ARRAY( VALUES (1), (2)) AS "array",
            (t.a IN ( VALUES (1), (2))) AS "?column?",
            ( VALUES (1)) AS column1,
            (EXISTS ( VALUES (1))) AS "exists",
            (t.a IN ( VALUES (1))) AS "?column?",
            (t.a IN ( SELECT 1
                UNION
                 SELECT 2)) AS "?column?",
            (t.a > ALL (( SELECT 1
                  ORDER BY 1::integer
                 LIMIT 1)
                EXCEPT
                 SELECT 2)) AS "?column?",
            ( SELECT 1
                UNION
                ( SELECT 2
                 LIMIT 1)) AS "?column?",
            (( SELECT 1
                 LIMIT 1)
                UNION ALL
                 SELECT 2) AS "?column?"
           FROM parser_probe.t) q(one, "exists", "?column?", "array", "?column?_1", column1, exists_1, "?column?_2", "?column?_3", "?column?_4", "?column?_5", "?column?_6");
