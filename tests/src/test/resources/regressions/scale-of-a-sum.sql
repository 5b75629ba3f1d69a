-- The scale of a sum is the largest scale of what is left of its values, whatever went.
CREATE TABLE t (k integer, v numeric);
INSERT INTO t VALUES (1, 9), (1, 100), (1, 8.0000000000000000), (1, NULL), (2, NULL), (3, 'NaN'), (3, 1.50);
-- create s1
SELECT k, sum(v) AS s, avg(v) AS a, sum(v) FILTER (WHERE v > 8) AS f FROM t GROUP BY k;
-- create s2
SELECT k, sum(v) AS s, var_pop(v) AS v FROM t GROUP BY k ORDER BY s DESC NULLS LAST, k LIMIT 2;
-- check
DELETE FROM t WHERE scale(v) = 16;
-- refresh
-- check
INSERT INTO t VALUES (1, 0.00000000000000000000), (2, 1.5), (3, 2.25), (4, (SELECT ('0.' || repeat('3', 1200))::numeric)), (4, 7);
-- refresh
-- check
DELETE FROM t WHERE scale(v) > 15 OR v = 'NaN';
-- refresh
-- check
DELETE FROM t WHERE scale(v) > 0;
-- refresh
-- check
UPDATE t SET v = v + 0.10;
INSERT INTO t VALUES (1, -0.10);
-- refresh
-- check
DELETE FROM t;
-- refresh
-- check
