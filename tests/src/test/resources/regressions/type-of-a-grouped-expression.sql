-- The type of an expression over a grouped expression is asked for before the inner one is known.
CREATE TABLE t (a integer);
-- create s1
SELECT DISTINCT LEAST(x.b, x.b) AS c FROM (SELECT DISTINCT t.a + t.a AS b FROM t) x;
-- create s2
SELECT x.n FROM (SELECT a::bigint AS k, count(*) AS n FROM t GROUP BY a::bigint) x GROUP BY x.n, x.k + x.k;
INSERT INTO t VALUES (1), (1), (2), (NULL);
-- refresh
-- check
DELETE FROM t WHERE a = 1;
-- refresh
-- check
