-- A MERGE that inserts a row into a partition and then updates another one there.
CREATE TABLE o (a int PRIMARY KEY, b text) PARTITION BY RANGE (a);
CREATE TABLE o1 PARTITION OF o FOR VALUES FROM (MINVALUE) TO (4);
CREATE TABLE o2 PARTITION OF o DEFAULT;
INSERT INTO o VALUES (13, 'x');
-- create s
SELECT a, b FROM o;
-- create i immediate
SELECT a, b FROM o;
-- check
MERGE INTO o USING (VALUES (10), (13)) AS v (a) ON o.a = v.a WHEN MATCHED THEN UPDATE SET b = 'z' WHEN NOT MATCHED THEN INSERT VALUES (v.a, 'y');
-- refresh
-- check
