-- TRUNCATE and INSERT in one transaction, seen through two levels.
CREATE TABLE t (k int, v numeric);
INSERT INTO t VALUES (1, 1.0), (1, 1.00), (NULL, 'NaN');
-- create s1
SELECT k, sum(v) AS total FROM t GROUP BY k;
-- create s2
SELECT DISTINCT total FROM s1;
-- check
BEGIN;
TRUNCATE t;
INSERT INTO t VALUES (2, 2), (2, 'Infinity');
COMMIT;
-- refresh
-- check
DELETE FROM t WHERE v = 'Infinity';
-- refresh
-- check
