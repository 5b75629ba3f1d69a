-- A sub-query beside grouping sets sees the columns of the groups, NULL where a set leaves them out.
CREATE TABLE o (weight numeric, k integer);
CREATE TABLE t (c1 numeric);
INSERT INTO o VALUES (1, 1), (2, 1), (2, 2), (NULL, 3);
INSERT INTO t VALUES (1), (2), (3);
-- create s1
SELECT o.weight, (SELECT max(t.c1) FROM t WHERE t.c1 <> o.weight) AS x FROM o GROUP BY ROLLUP (o.weight);
-- create s2
SELECT weight, k, count(*) AS n FROM o GROUP BY weight, ROLLUP (k) HAVING NOT EXISTS (SELECT 1 FROM t WHERE t.c1 = o.weight);
-- create s3
SELECT weight, k, count(*) AS n FROM o GROUP BY CUBE (weight, k) HAVING (SELECT count(*) FROM t WHERE t.c1 >= coalesce(o.weight, 2) AND t.c1 > k) > 0;
-- check
INSERT INTO t VALUES (4);
DELETE FROM t WHERE c1 = 2;
INSERT INTO o VALUES (3, 1), (3, 1);
-- refresh
-- check
DELETE FROM o WHERE k = 1;
-- refresh
-- check
