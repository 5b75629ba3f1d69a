-- What a round of a recursion computes is not kept.
CREATE TABLE t (a integer, b integer);
INSERT INTO t VALUES (1, 2), (2, 3), (2, 3), (3, 1);
-- create s1
WITH RECURSIVE p (x, y) AS (SELECT a, b FROM t WHERE a = 1 UNION SELECT DISTINCT p.x, t.b FROM p JOIN t ON t.a = p.y) SELECT x, y FROM p;
-- check
INSERT INTO t VALUES (3, 9);
-- refresh
-- check
DELETE FROM t WHERE b = 3;
-- refresh
-- check
