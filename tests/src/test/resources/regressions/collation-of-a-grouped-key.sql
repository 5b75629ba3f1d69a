-- The representative of a group's key keeps its collation.
CREATE TABLE t (id integer, c character(6) COLLATE "en-x-icu", b bpchar);
INSERT INTO t VALUES (1, 'a', 'x'), (2, 'B', 'x  '), (3, 'C', 'y'), (4, 'B', 'x ');
-- create s1
SELECT c, count(*) AS n FROM t GROUP BY c ORDER BY c LIMIT 2;
-- create s2
SELECT min(c) AS low, max(c) AS high FROM (SELECT c, count(*) FROM t GROUP BY c) AS g;
-- create s3
SELECT id, ((c, id) IN (SELECT u.c, 2 FROM t AS u WHERE u.id > t.id)) AS found FROM t;
-- create s4
SELECT length(b::text) AS l, count(*) AS n FROM (SELECT b FROM t GROUP BY b) AS g GROUP BY 1;
-- check
INSERT INTO t VALUES (5, 'b', 'x'), (6, 'A', 'z'), (7, 'a', 'y ');
-- refresh
-- check
DELETE FROM t WHERE id IN (1, 4);
-- refresh
-- check
