 WITH RECURSIVE r(n) AS (
         VALUES (1)
        UNION ALL
         SELECT (r_1.n + 1)
           FROM r r_1
          WHERE (r_1.n < 10)
        )
 SELECT n
   FROM r;
