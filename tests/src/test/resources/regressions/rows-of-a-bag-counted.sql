-- A stream table that reads no column of the stream table below it.
CREATE TABLE t (a numeric);
-- create s1
SELECT a FROM t;
-- create s2
SELECT count(*) AS n FROM s1;
-- create s3
SELECT NULL::text AS nothing FROM s1;
INSERT INTO t VALUES (2), (2), (NULL);
-- refresh
-- check
DELETE FROM t WHERE a = 2;
-- refresh
-- check
