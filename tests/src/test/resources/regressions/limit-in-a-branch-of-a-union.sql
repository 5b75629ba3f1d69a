-- A limited branch is described in parentheses.
CREATE TABLE "pgt" ("b" integer, "c" integer);
-- create s1 auto
((SELECT b AS k, c FROM pgt) UNION ALL (SELECT b AS k, c FROM pgt ORDER BY k LIMIT 4)) EXCEPT (SELECT b, c FROM pgt);
-- check
