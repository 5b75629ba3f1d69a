package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/// Partitioned tables as sources: the root, a level between, a partition.
final class PartitionsTest extends DatabaseTest {
    private static final String ALL = "SELECT id, region, v FROM sales";
    private static final String GROUPED =
            "SELECT region, count(*) AS n, sum(v) AS total FROM sales GROUP BY region";

    /// Two levels; the columns of the partitions stand in another order, with a dropped one among
    /// them.
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

    /// Writes through every level, and rows that move between partitions.
    private void writeEverywhere() {
        database.execute(
                "INSERT INTO sales VALUES (300, 'eu', 1), (301, 'us', 2), (302, 'africa', 3)",
                "INSERT INTO sales_eu VALUES (5, 'eu', 5), (500, 'eu', 5)",
                "INSERT INTO sales_eu_low (id, region, v) VALUES (7, 'eu', 7), (7, 'eu', 7)",
                "INSERT INTO sales_us (id, region, v) VALUES (8, 'us', 8)",
                "UPDATE sales SET v = v + 1 WHERE id % 7 = 0",
                "UPDATE sales_us SET v = -v WHERE id % 5 = 0",
                "UPDATE sales SET region = 'us' WHERE region = 'eu' AND id % 11 = 0",
                "UPDATE sales SET region = 'eu' WHERE region = 'us' AND id % 13 = 0",
                "UPDATE sales_eu SET id = 999 - id WHERE id % 17 = 0",
                "DELETE FROM sales WHERE id % 19 = 0",
                "DELETE FROM sales_eu_high WHERE id % 23 = 0",
                "MERGE INTO sales USING (VALUES (1, 7), (2, 8), (2000, 9)) AS x(id, v) ON sales.id = x.id"
                        + " WHEN MATCHED AND x.id = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET v = x.v"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (x.id, 'africa', x.v)");
    }

    @Test
    void rowsThatMergeMovesAreNotLost() {
        makeSales();
        create("s", ALL);
        create("g", GROUPED);
        create("us", "SELECT id FROM sales_us");
        // Ids 1 and 4 are in us, 2 and 5 in asia, which the default partition has.
        String[] merges = {
            "MERGE INTO sales USING (VALUES (1, 'x'), (2, 'eu')) AS x(id, r) ON sales.id = x.id"
                    + " WHEN MATCHED THEN UPDATE SET region = x.r",
            "MERGE INTO sales USING (VALUES (4, 'eu'), (5, 'us'), (1000, 'us')) AS x(id, r) ON sales.id = x.id"
                    + " WHEN MATCHED THEN UPDATE SET region = x.r WHEN NOT MATCHED THEN INSERT VALUES (x.id, x.r, 0)",
            "MERGE INTO sales_eu USING (VALUES (6, 600), (9, 10)) AS x(old, new) ON id = x.old"
                    + " WHEN MATCHED THEN UPDATE SET id = x.new",
            // Moves nothing: another key in the same partition.
            "MERGE INTO sales USING (VALUES (8, 'y')) AS x(id, r) ON sales.id = x.id"
                    + " WHEN MATCHED THEN UPDATE SET region = x.r",
        };
        for (String merge : merges) {
            database.execute(merge);
            boolean moves = !merge.contains("'y'");
            assertThat(refresh("s")).isEqualTo(moves ? Action.FULL : Action.DIFFERENTIAL);
            refresh("g");
            refresh("us");
            assertFresh("s", ALL);
            assertFresh("g", GROUPED);
            assertFresh("us", "SELECT id FROM sales_us");
        }
        database.execute("UPDATE sales SET region = 'us' WHERE id < 20");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
    }

    @Test
    void theRootIsCapturedWhateverTableIsWritten() {
        makeSales();
        create("s", ALL);
        create("g", GROUPED);
        for (int round = 0; round < 3; round++) {
            writeEverywhere();
            assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
            assertThat(refresh("g")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("s", ALL);
            assertFresh("g", GROUPED);
        }
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
    }

    @Test
    void aLevelBetweenAndPartitionsSeeWhatIsWrittenAboveAndBelow() {
        makeSales();
        String middle = "SELECT id, region, v FROM sales_eu";
        String leaf = "SELECT id, v FROM sales_eu_low";
        String rest = "SELECT region, sum(v) AS total FROM sales_rest GROUP BY region";
        String joined =
                "SELECT a.id, b.v FROM sales_us a JOIN sales_eu_high b ON a.id % 10 = b.id % 10";
        create("middle", middle);
        create("leaf", leaf);
        create("rest", rest);
        create("joined", joined);
        for (int round = 0; round < 3; round++) {
            writeEverywhere();
            database.execute("INSERT INTO sales VALUES (302, 'africa', 3)");
            for (String name : new String[] {"middle", "leaf", "rest", "joined"}) {
                assertThat(refresh(name)).as(name).isEqualTo(Action.DIFFERENTIAL);
            }
            assertFresh("middle", middle);
            assertFresh("leaf", leaf);
            assertFresh("rest", rest);
            assertFresh("joined", joined);
        }
    }

    @Test
    void truncateOfAPartitionReachesAllThatReadIt() {
        makeSales();
        String leaf = "SELECT id, v FROM sales_eu_low";
        create("s", ALL);
        create("g", GROUPED);
        create("leaf", leaf);
        database.execute("TRUNCATE sales_eu_low", "INSERT INTO sales VALUES (3, 'eu', 4)");
        refresh("s");
        refresh("g");
        refresh("leaf");
        assertFresh("s", ALL);
        assertFresh("g", GROUPED);
        assertFresh("leaf", leaf);
        assertThat(database.value("SELECT count(*) FROM leaf")).isEqualTo("1");
        database.execute("TRUNCATE sales");
        refresh("s");
        refresh("leaf");
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leaf")).isEqualTo("0");
    }

    @Test
    void attachedDetachedAndNewPartitionsAreNoticed() {
        makeSales();
        create("s", ALL);
        create("g", GROUPED);
        database.execute(
                "CREATE TABLE sales_asia (v int, id int, region text)",
                "INSERT INTO sales_asia (id, region, v) SELECT i, 'oceania', i FROM generate_series(1, 50) i",
                "ALTER TABLE sales ATTACH PARTITION sales_asia FOR VALUES IN ('oceania')",
                "INSERT INTO sales_asia (id, region, v) VALUES (51, 'oceania', 51)",
                "INSERT INTO sales VALUES (52, 'oceania', 52), (53, 'us', 53)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        assertThat(refresh("g")).isEqualTo(Action.REINITIALIZE);
        assertFresh("g", GROUPED);
        database.execute(
                "INSERT INTO sales_asia (id, region, v) VALUES (54, 'oceania', 54)",
                "UPDATE sales SET region = 'oceania' WHERE region = 'us' AND id % 2 = 0");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("g")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
        assertFresh("g", GROUPED);

        database.execute(
                "ALTER TABLE sales DETACH PARTITION sales_asia",
                "INSERT INTO sales_asia (id, region, v) VALUES (55, 'oceania', 55)",
                "DROP TABLE sales_us",
                "CREATE TABLE sales_us PARTITION OF sales FOR VALUES IN ('us')",
                "INSERT INTO sales_us VALUES (1, 'us', 1)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sales_asia'::regclass"))
                .isEqualTo("0");
        database.execute("INSERT INTO sales_us VALUES (2, 'us', 2)");
        refresh("g");
        assertFresh("g", GROUPED);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
    }

    @Test
    void aTableThatBecomesAPartitionIsStillCaptured() {
        database.execute(
                "CREATE TABLE root (id int, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE part (id int, v int)",
                "INSERT INTO part VALUES (1, 1)");
        String query = "SELECT id, v FROM part";
        create("s", query);
        database.execute(
                "INSERT INTO part VALUES (2, 2)",
                "ALTER TABLE root ATTACH PARTITION part FOR VALUES FROM (0) TO (10)",
                "INSERT INTO root VALUES (3, 3)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute(
                "INSERT INTO root VALUES (4, 4)",
                "UPDATE root SET v = 0 WHERE id = 1",
                "DELETE FROM part WHERE id = 2");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
        database.execute(
                "ALTER TABLE root DETACH PARTITION part", "INSERT INTO part VALUES (5, 5)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute("UPDATE part SET v = v + 1");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
    }

    @Test
    void noChangeIsLostAroundAnAttachWithAnOpenWriter() {
        makeSales();
        create("s", ALL);
        database.execute(
                "CREATE TABLE late (id int, region text, v int)",
                "ALTER TABLE sales ATTACH PARTITION late FOR VALUES IN ('late')");
        try (Session writer = database.session()) {
            writer.execute("BEGIN", "INSERT INTO late VALUES (1, 'late', 1)");
            Thread refresh = Thread.ofVirtual().start(() -> tables.refresh("s"));
            await(
                    "the refresh to wait for the writer",
                    () ->
                            database.value("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                    .equals("1"));
            writer.execute("COMMIT");
            refresh.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertFresh("s", ALL);
        database.execute("UPDATE late SET v = 2");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
    }

    @Test
    void aPartitionAttachedDuringARefreshIsNotMissed() throws InterruptedException {
        makeSales();
        // Attaching would wait for the readers of a default partition.
        database.execute("DROP TABLE sales_rest");
        // The advisory lock holds the refresh while it applies the changes.
        database.execute(
                "CREATE FUNCTION held(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN $1; END $$",
                "CREATE TABLE late (id int, region text, v int)",
                "INSERT INTO late VALUES (1, 'late', 1)");
        String query = "SELECT held(id) AS id, v FROM sales";
        create("s", query);
        database.execute("UPDATE sales SET v = v + 1 WHERE id = 3");
        try (Session gate = database.session()) {
            gate.execute("BEGIN", "SELECT pg_advisory_xact_lock(42)");
            List<Action> actions = new CopyOnWriteArrayList<>();
            Thread refresh = Thread.ofVirtual().start(() -> actions.add(refresh("s")));
            await(
                    "the refresh to reach the gate",
                    () ->
                            database.value(
                                            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                                    .equals("1"));
            database.execute("ALTER TABLE sales ATTACH PARTITION late FOR VALUES IN ('late')");
            gate.execute("COMMIT");
            refresh.join();
            assertThat(actions).containsExactly(Action.REINITIALIZE);
        }
        assertFresh("s", query);
    }

    @Test
    void droppingTheLastReaderRemovesAllTriggers() {
        makeSales();
        create("s", ALL);
        create("leaf", "SELECT id FROM sales_eu_low");
        create("middle", "SELECT id FROM sales_eu");
        for (String name : new String[] {"leaf", "s", "middle"}) {
            tables.drop(name, DropBehavior.RESTRICT);
        }
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"))
                .isEqualTo(
                        database.value(
                                "SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('pgtrickle_changes.wake'::regclass, 'pgtrickle.pgt_dependencies'::regclass)"
                                        + " AND NOT tgisinternal"));
        writeEverywhere();
    }
}
