-- Old and new front of a limit, with ties, offsets, duplicates and more added than it takes.
CREATE TABLE t (id integer PRIMARY KEY, a integer, b numeric);
INSERT INTO t SELECT i, i % 4, i % 3 FROM generate_series(1, 12) AS i;
-- create s1
SELECT a, b FROM t ORDER BY a LIMIT 3;
-- create s2
SELECT a FROM t ORDER BY a DESC FETCH FIRST 2 ROWS WITH TIES;
-- create s3
SELECT a, b FROM t ORDER BY a, b DESC OFFSET 4 LIMIT 3;
-- create s4
SELECT a FROM t ORDER BY a OFFSET 1 FETCH FIRST 0 ROWS WITH TIES;
-- create s5
SELECT a FROM t ORDER BY a LIMIT 9223372036854775807 OFFSET 2;
-- create s6
SELECT x.a, y.b FROM t AS x JOIN t AS y USING (id) ORDER BY y.b DESC, x.a LIMIT 4;
-- check
DELETE FROM t WHERE a = 0 AND id < 9;
INSERT INTO t SELECT i, i % 5, 2.00 FROM generate_series(20, 30) AS i;
-- refresh
-- check
UPDATE t SET a = 3 - a, b = b - 1;
-- refresh
-- check
DELETE FROM t WHERE id > 3;
-- refresh
-- check
TRUNCATE t;
-- refresh
-- check
