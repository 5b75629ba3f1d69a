-- A transaction that wrote early and commits late, over two sources.
CREATE TABLE a (id int, v text);
CREATE TABLE b (id int, w text);
INSERT INTO a VALUES (1, 'x');
-- create s
SELECT a.id, a.v, b.w FROM a LEFT JOIN b ON a.id = b.id;
-- create t
SELECT w, count(*) AS n FROM s GROUP BY w;
-- connection 2
BEGIN;
INSERT INTO b VALUES (1, 'late');
INSERT INTO a VALUES (1, 'late');
-- connection 1
INSERT INTO b VALUES (1, 'early');
-- refresh
-- check
DELETE FROM a WHERE v = 'x';
-- refresh
-- check
-- connection 2
COMMIT;
-- refresh
-- check
