-- pg_get_viewdef of what pg_get_viewdef wrote is another text.
CREATE TABLE t (a numeric, b varchar(20));
-- create s1
SELECT (- '1.0'::numeric) AS v, a FROM t;
-- create s2
SELECT (b IN ('b'::character varying(20), 'ab'::character varying(20))) AS k FROM t;
INSERT INTO t VALUES (2, 'b'), (2, NULL), (NULL, 'x');
-- refresh
-- check
