-- Only that there is a row is read of the inner grouping.
CREATE TABLE t (a integer);
CREATE TABLE u (b integer);
INSERT INTO u VALUES (1), (2);
-- create s1
SELECT NULL::bigint AS x FROM (SELECT (SELECT NULL::numeric FROM t) AS v FROM u) AS s;
-- create s2
SELECT u.b FROM u, (SELECT count(*) FROM t) AS c;
-- check
INSERT INTO t VALUES (1);
-- refresh
-- check
DELETE FROM u WHERE b = 2;
-- refresh
-- check
