-- The columns of a union have a type only after it was asked for.
CREATE TABLE t (a smallint, b integer);
-- create s1
WITH c AS (SELECT a AS x, NULL::integer AS y FROM t UNION SELECT b, 1 FROM t) SELECT y + x AS z, count(*) AS n FROM c GROUP BY y + x;
-- create s2
SELECT t.a FROM t JOIN (SELECT a AS n FROM t UNION ALL SELECT b FROM t) u ON true GROUP BY t.a, t.b::float8;
INSERT INTO t VALUES (1, 1), (1, 2), (NULL, 3);
-- refresh
-- check
DELETE FROM t WHERE b = 1;
-- refresh
-- check
