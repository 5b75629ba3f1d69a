-- Domains lose their name in a UNION.
CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE t (id int, v percent);
INSERT INTO t VALUES (1, 1.0), (1, 1.0), (2, 1.00), (3, NULL);
-- create s1
SELECT id, v FROM t;
-- create s2
SELECT v, count(*) AS n FROM t GROUP BY v;
-- create s3
SELECT DISTINCT l.v AS a, r.v AS b FROM t l LEFT JOIN t r ON l.id = r.id + 1;
-- create s4
SELECT max(v) AS most, sum(v) AS total FROM t;
INSERT INTO t VALUES (4, 2), (4, NULL);
-- refresh
-- check
UPDATE t SET v = 5 WHERE id = 1;
DELETE FROM t WHERE id = 2;
-- refresh
-- check
