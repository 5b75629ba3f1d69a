-- The whole row of a source with a column that is named like the sub-select around it.
CREATE TABLE "pgt" ("b" integer, "c" integer);
INSERT INTO pgt VALUES (1,2),(2,3);
-- create s1 auto
WITH RECURSIVE "p" ("x", "y") AS (SELECT "r1"."b" AS "x", r1.c AS y FROM "pgt" AS "r1" UNION SELECT DISTINCT "r3"."y" AS "x", r3.y FROM "p" AS "r3") SELECT to_jsonb(r5) AS k, "r5"."y" AS "y" FROM "p" AS "r5";
-- check
