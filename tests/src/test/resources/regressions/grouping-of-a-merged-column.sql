-- PostgreSQL prints the column that USING has merged in another way in GROUPING than in GROUP BY.
CREATE TABLE t1 (b smallint);
CREATE TABLE t2 (b integer);
-- create s1 auto
SELECT GROUPING(b) AS g, b, count(*) AS n FROM t1 FULL JOIN t2 USING (b) GROUP BY ROLLUP (b);
-- create s2
SELECT GROUPING(b) AS g, count(*) AS n FROM t1 FULL JOIN t2 USING (b) GROUP BY b;
-- create s3
SELECT GROUPING(m.b) AS g FROM t1 JOIN t2 AS u USING (b) AS m GROUP BY GROUPING SETS ((m.b), (m.b), ());
-- check
INSERT INTO t1 VALUES (0), (1);
INSERT INTO t2 VALUES (1), (2), (NULL);
-- refresh
-- check
DELETE FROM t1 WHERE b = 0;
-- refresh
-- check
