-- The only table is read by nothing that the result needs.
CREATE TABLE a (t text);
-- create s immediate
WITH unread AS (SELECT t FROM a) SELECT g FROM generate_series(1, 2) AS g;
-- check
INSERT INTO a VALUES ('x');
TRUNCATE a;
-- check
