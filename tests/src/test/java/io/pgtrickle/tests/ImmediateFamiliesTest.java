package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Sources of mode IMMEDIATE that are partitioned, are partitions, have children or are ones.
final class ImmediateFamiliesTest extends FollowingTest {
    private void makeSales() {
        database.execute(
                "CREATE TABLE sales (id int, region text, v int) PARTITION BY LIST (region)",
                "CREATE TABLE sales_eu PARTITION OF sales FOR VALUES IN ('eu') PARTITION BY RANGE (id)",
                "CREATE TABLE sales_eu_low (gone int, v int, region text, id int)",
                "ALTER TABLE sales_eu_low DROP COLUMN gone",
                "ALTER TABLE sales_eu ATTACH PARTITION sales_eu_low FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE sales_eu_high PARTITION OF sales_eu FOR VALUES FROM (100) TO (1000)",
                "CREATE TABLE sales_us (region text, id int, v int)",
                "ALTER TABLE sales ATTACH PARTITION sales_us FOR VALUES IN ('us')",
                "CREATE TABLE sales_rest PARTITION OF sales DEFAULT",
                "INSERT INTO sales SELECT i, (ARRAY['eu', 'us', 'asia'])[1 + i % 3], i FROM generate_series(0, 299) i");
    }

    private static final String[] WRITES = {
        "INSERT INTO sales VALUES (300, 'eu', 1), (301, 'us', 2), (302, 'africa', 3)",
        "INSERT INTO sales_eu VALUES (5, 'eu', 5), (500, 'eu', 5)",
        "INSERT INTO sales_eu_low (id, region, v) VALUES (7, 'eu', 7), (7, 'eu', 7)",
        "INSERT INTO sales_us (id, region, v) VALUES (8, 'us', 8)",
        "BEGIN",
        "UPDATE sales SET v = v + 1 WHERE id % 7 = 0",
        "UPDATE sales_us SET v = -v WHERE id % 5 = 0",
        "UPDATE sales SET region = 'us' WHERE region = 'eu' AND id % 11 = 0",
        "SAVEPOINT p",
        "UPDATE sales SET region = 'eu' WHERE region = 'us' AND id % 13 = 0",
        "TRUNCATE sales_us",
        "ROLLBACK TO p",
        "UPDATE sales SET region = 'eu' WHERE region = 'us' AND id % 13 = 0",
        "UPDATE sales_eu SET id = 999 - id WHERE id % 17 = 0",
        "COMMIT",
        "DELETE FROM sales WHERE id % 19 = 0",
        "DELETE FROM sales_eu_high WHERE id % 23 = 0",
        "MERGE INTO sales USING (VALUES (1, 7), (2, 8), (2000, 9)) AS x(id, v) ON sales.id = x.id"
                + " WHEN MATCHED AND x.id = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET v = x.v"
                + " WHEN NOT MATCHED THEN INSERT VALUES (x.id, 'africa', x.v)",
        "MERGE INTO sales USING (VALUES (4, 'eu'), (5, 'us'), (1000, 'us')) AS x(id, r) ON sales.id = x.id"
                + " WHEN MATCHED THEN UPDATE SET region = x.r WHEN NOT MATCHED THEN INSERT VALUES (x.id, x.r, 0)",
        "WITH a AS (DELETE FROM sales_eu WHERE id < 20 RETURNING id), b AS (INSERT INTO sales SELECT id, 'us', 1 FROM a)"
                + " UPDATE sales_rest SET v = 0",
        "TRUNCATE sales_eu_low, sales_rest",
        "INSERT INTO sales SELECT i, (ARRAY['eu', 'us', 'asia'])[1 + i % 3], i FROM generate_series(0, 299) i",
        "TRUNCATE sales",
        "INSERT INTO sales VALUES (300, 'eu', 1), (301, 'us', 2), (302, 'africa', 3)",
    };

    @Test
    void theRoot() {
        makeSales();
        follow("alle", "SELECT id, region, v FROM sales");
        follow(
                "grouped",
                "SELECT region, count(*) AS n, sum(v) AS total FROM sales GROUP BY region");
        follow(
                "pairs",
                "SELECT a.id, b.region FROM sales a JOIN sales b ON a.id = b.id WHERE a.region <> b.region");
        step(WRITES);
    }

    @Test
    void partitionsAndWhatIsBetween() {
        makeSales();
        follow("middle", "SELECT id, region, v FROM sales_eu");
        follow("leaf", "SELECT id, v FROM sales_eu_low");
        follow("rest", "SELECT region, sum(v) AS total FROM sales_rest GROUP BY region");
        follow(
                "joined",
                "SELECT a.id, b.v FROM sales_us a JOIN sales_eu_high b ON a.id % 10 = b.id % 10");
        step(WRITES);
    }

    @Test
    void allLevelsAtOnce() {
        makeSales();
        follow("every", "SELECT s.id, e.v FROM sales s LEFT JOIN sales_eu_low e ON e.id = s.id");
        follow("more", "SELECT region FROM sales_us UNION SELECT region FROM sales");
        step(WRITES);
    }

    @Test
    void partitionsComeAndGo() {
        makeSales();
        follow("alle", "SELECT id, region, v FROM sales");
        follow("grouped", "SELECT region, count(*) AS n FROM sales GROUP BY region");
        database.execute(
                "CREATE TABLE sales_fr (LIKE sales)",
                "INSERT INTO sales_fr VALUES (1, 'fr', 1)",
                "ALTER TABLE sales ATTACH PARTITION sales_fr FOR VALUES IN ('fr')");
        tables.refresh("alle");
        tables.refresh("grouped");
        step(
                "INSERT INTO sales_fr VALUES (2, 'fr', 1)",
                "DELETE FROM sales WHERE region = 'fr' AND id = 1");
        database.execute("ALTER TABLE sales DETACH PARTITION sales_us");
        tables.refresh("alle");
        tables.refresh("grouped");
        step(
                "INSERT INTO sales_us (id, region, v) VALUES (8, 'us', 8)",
                "DELETE FROM sales WHERE id < 9");
    }

    @Test
    void childrenAndOnly() {
        database.execute(
                "CREATE TABLE animals (id int, name text)",
                "CREATE TABLE dogs (bark int) INHERITS (animals)",
                "CREATE TABLE puppies (age int) INHERITS (dogs)",
                "INSERT INTO animals VALUES (1, 'a')",
                "INSERT INTO dogs VALUES (2, 'd', 3)",
                "INSERT INTO puppies VALUES (3, 'p', 4, 1)");
        follow("beasts", "SELECT id, name FROM animals");
        follow("alone", "SELECT id, name FROM ONLY animals");
        follow("barking", "SELECT bark, count(*) AS n FROM dogs GROUP BY bark");
        follow("named", "SELECT a.id, o.name FROM animals a LEFT JOIN ONLY dogs o ON o.id = a.id");
        step(
                "INSERT INTO animals VALUES (4, 'x')",
                "INSERT INTO dogs VALUES (5, 'y', 5), (6, 'z', 5)",
                "INSERT INTO puppies VALUES (7, 'q', 5, 2)",
                "BEGIN",
                "UPDATE animals SET name = name || '!' WHERE id % 2 = 1",
                "UPDATE ONLY dogs SET bark = bark + 1",
                "UPDATE dogs SET id = id + 10",
                "DELETE FROM ONLY animals WHERE id = 4",
                "DELETE FROM animals WHERE id = 13",
                "TRUNCATE ONLY animals",
                "ROLLBACK",
                "TRUNCATE puppies",
                "DELETE FROM animals WHERE id = 5",
                "TRUNCATE animals");
        assertThat(database.value("SELECT count(*) FROM beasts")).isEqualTo("0");
    }

    @Test
    void whatViewsRead() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, k int)",
                "CREATE TABLE u (k int PRIMARY KEY, label text)",
                "INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 20) i",
                "INSERT INTO u VALUES (0, 'zero'), (1, 'one')",
                "CREATE VIEW inner_view AS SELECT t.id, u.label FROM t LEFT JOIN u USING (k)",
                "CREATE VIEW outer_view WITH (security_barrier) AS SELECT label, count(*) AS n FROM inner_view GROUP BY label");
        follow(
                "viewed",
                "SELECT o.label, o.n, i.id FROM outer_view o JOIN inner_view i ON i.label = o.label");
        follow("counted", "SELECT n FROM outer_view");
        step(
                "INSERT INTO u VALUES (2, 'two')",
                "UPDATE t SET k = 1 WHERE id < 5",
                "DELETE FROM u WHERE k = 0",
                "TRUNCATE t");
    }
}
