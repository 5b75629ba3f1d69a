-- any_value of a domain gives the type under it: rows were compared with rows of another type.
-- found: bin/fuzz --seed 9101806, 9101007
CREATE DOMAIN amount AS numeric CHECK (VALUE IS DISTINCT FROM 77);
CREATE TABLE source (new uuid, weight amount);
-- exactly 1
-- create s1 auto
SELECT r.select2 AS "select", count(*) AS c1 FROM (SELECT CAST(NULL AS amount) AS select2 FROM source) AS r GROUP BY ROLLUP (r.select2);
-- exactly 1
-- create s2 auto
SELECT r.n, (SELECT w.weight FROM source AS w) AS v FROM (SELECT count(*) AS n FROM source) AS r;
-- check
INSERT INTO source VALUES ('00000000-0000-0000-0000-000000000001', 1.0);
-- refresh
-- check
UPDATE source SET weight = 1.00;
-- refresh
-- check
