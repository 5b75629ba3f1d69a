package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/// DDL while a refresh begins, and DDL that a service finds.
final class ConcurrentDdlTest extends DatabaseTest {

    /// Alters in a transaction that commits when a refresh has begun and waits for it.
    private Action refreshedMeanwhile(String name, String ddl) throws Exception {
        try (Session altering = database.session()) {
            altering.execute("BEGIN", ddl);
            CompletableFuture<Action> refresh = CompletableFuture.supplyAsync(() -> refresh(name));
            await(
                    "the refresh waits for the lock",
                    () ->
                            !database.value(
                                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode ="
                                                    + " 'AccessShareLock'")
                                    .equals("0"));
            altering.execute("COMMIT");
            return refresh.get();
        }
    }

    @Test
    void aPartitionThatIsDetachedBeforeTheLocks() throws Exception {
        database.execute(
                "CREATE TABLE parts (k int, v int) PARTITION BY RANGE (k)",
                "CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE high PARTITION OF parts FOR VALUES FROM (10) TO (20)",
                "INSERT INTO parts SELECT i, i FROM generate_series(0, 19) i");
        String query = "SELECT a.k, b.v FROM parts a JOIN parts b ON b.k = a.v";
        create("s", query);
        database.execute("UPDATE parts SET v = 1 WHERE k IN (3, 13)");
        assertThat(refreshedMeanwhile("s", "ALTER TABLE parts DETACH PARTITION low"))
                .isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute("INSERT INTO parts VALUES (11, 12)", "INSERT INTO low VALUES (1, 1)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
    }

    @Test
    void aTableThatIsWrittenAnewBeforeTheLocks() throws Exception {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 20) i",
                "CREATE TABLE u (v int)",
                "INSERT INTO u VALUES (4), (8)");
        String query = "SELECT t.id, t.v FROM t JOIN u USING (v)";
        create("s", query);
        database.execute("INSERT INTO u VALUES (16), (18)");
        assertThat(refreshedMeanwhile("s", "ALTER TABLE t ALTER v TYPE int USING v * 2"))
                .isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
    }

    @Test
    void writersThatRunThroughDdlLoseNothing() throws ExecutionException, InterruptedException {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "ALTER DATABASE " + database.name() + " SET pg_trickle.block_source_ddl = off");
        String query = "SELECT count(*) AS n, sum(v) AS total FROM t";
        create("s", query);
        CompletableFuture<Void> writer =
                CompletableFuture.runAsync(() -> {
                    try (Session session = database.session()) {
                        for (int i = 0; i < 400; i++) {
                            session.execute("INSERT INTO t VALUES (" + i + ", " + i + ")");
                        }
                    }
                });
        for (int i = 0; i < 10; i++) {
            database.execute("ALTER TABLE t RENAME v TO x", "ALTER TABLE t RENAME x TO v");
            database.execute("ALTER TABLE t ALTER v TYPE bigint", "ALTER TABLE t ALTER v TYPE int");
            refresh("s");
        }
        writer.get();
        refresh("s");
        assertFresh("s", query);
    }

    @Test
    void aServiceFindsAndHeals() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t VALUES (1, 1)",
                "ALTER DATABASE " + database.name() + " SET pg_trickle.block_source_ddl = off");
        String query = "SELECT id, v FROM t";
        create("s", query);
        try (Service service =
                Service.start(
                        new Service.Config(database.url(), "", "", 1)
                                .withPollInterval(Duration.ofMillis(100)))) {
            assertThat(service.awaitLeadership(PATIENCE)).isTrue();
            database.execute("ALTER TABLE t RENAME v TO w", "INSERT INTO t VALUES (2, 2)");
            await("ERROR", () -> tables.status("s").status().equals("ERROR"));
            int failures = tables.status("s").consecutiveErrors();
            database.execute("INSERT INTO t VALUES (3, 3)", "ALTER TABLE t RENAME w TO v");
            await("ACTIVE again", () -> tables.status("s").status().equals("ACTIVE"));
            assertThat(failures).isEqualTo(1);
            assertFresh("s", query);
            database.execute("DROP TABLE s");
            await("nothing is left", () -> tables.list().isEmpty());
        }
    }
}
