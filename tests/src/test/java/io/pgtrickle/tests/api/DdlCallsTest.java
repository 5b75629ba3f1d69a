package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// DDL and calls of the SQL API together, for a role that may not make event triggers.
final class DdlCallsTest {
    private static final String CREATE =
            "SELECT pgtrickle.create_stream_table('%s', 'SELECT id, v FROM t', schedule => '1s')";

    private final ApiDatabase database = ApiDatabase.create();
    private final Session session = database.session();

    @AfterEach
    void stop() {
        session.close();
        database.close();
    }

    private void makeTable() {
        session.execute("CREATE TABLE t (id int, v int)", "INSERT INTO t VALUES (1, 1), (2, 2)");
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("still waiting: " + what).isNegative();
            // The pause between two looks, not a guess how long something takes.
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private String status(String name) {
        return session.value(
                "SELECT status FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '" + name + "'");
    }

    @Test
    void noEventTriggersWithoutTheRight() {
        assertThat(session.query("SELECT evtname FROM pg_event_trigger")).isEmpty();
    }

    @Test
    void theLastReaderIsDroppedWhileAnotherIsCreated() throws Exception {
        makeTable();
        session.execute(CREATE.formatted("a"));
        try (Session creating = database.session();
                Session dropping = database.session()) {
            creating.execute("BEGIN", CREATE.formatted("b"));
            CompletableFuture<Void> drop =
                    CompletableFuture.runAsync(
                            () -> dropping.execute("SELECT pgtrickle.drop_stream_table('a')"));
            await(
                    "the drop waits for the creation",
                    () ->
                            !session.value("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                    .equals("0"));
            creating.execute("COMMIT");
            drop.get();
        }
        session.execute(
                "INSERT INTO t VALUES (3, 3)", "SELECT pgtrickle.refresh_stream_table('b')");
        assertThat(session.query("SELECT id FROM b ORDER BY id"))
                .containsExactly(List.of("1"), List.of("2"), List.of("3"));
        assertThat(session.value("SELECT effective_refresh_mode FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("DIFFERENTIAL");
    }

    @Test
    void anErrorIsResumedAlteredOrUndone() {
        makeTable();
        session.execute(CREATE.formatted("a"), CREATE.formatted("b"), CREATE.formatted("c"));
        database.stopService();
        database.startService();
        session.execute("ALTER TABLE t RENAME v TO w", "INSERT INTO t VALUES (3, 3)");
        for (String name : List.of("a", "b", "c")) {
            await("ERROR", () -> status(name).equals("ERROR"));
        }
        assertThatThrownBy(() -> session.execute("SELECT pgtrickle.refresh_stream_table('a')"))
                .hasMessageContaining("is ERROR")
                .hasMessageContaining("resume");
        assertThatThrownBy(() ->
                        session.execute(
                                "SELECT pgtrickle.alter_stream_table('a', query => 'SELECT id, v FROM t')"))
                .hasMessageContaining("column \"v\" does not exist");
        session.execute(
                "SELECT pgtrickle.alter_stream_table('a', query => 'SELECT id, w AS v FROM t')");
        assertThat(status("a")).isEqualTo("ACTIVE");
        assertThat(session.value("SELECT sum(v) FROM a")).isEqualTo("6");
        session.execute(
                "INSERT INTO t VALUES (4, 4)", "SELECT pgtrickle.refresh_stream_table('a')");
        assertThat(session.value("SELECT sum(v) FROM a")).isEqualTo("10");
        session.execute(
                "BEGIN",
                "ALTER TABLE t RENAME w TO v",
                "SELECT pgtrickle.resume_stream_table('b')",
                "SELECT pgtrickle.refresh_stream_table('b')");
        assertThat(session.value("SELECT sum(v) FROM b")).isEqualTo("10");
        session.execute("COMMIT");
        await("undone", () -> status("c").equals("ACTIVE"));
        await("made anew", () -> session.value("SELECT sum(v) FROM c").equals("10"));
    }

    @Test
    void ddlInTheCallersTransaction() {
        makeTable();
        session.execute(CREATE.formatted("a"));
        session.execute(
                "BEGIN",
                "ALTER TABLE t ALTER v TYPE int USING v * 10",
                "INSERT INTO t VALUES (3, 3)",
                "SELECT pgtrickle.refresh_stream_table('a')");
        assertThat(session.query("SELECT v FROM a ORDER BY v"))
                .containsExactly(List.of("3"), List.of("10"), List.of("20"));
        session.execute("ROLLBACK", "SELECT pgtrickle.refresh_stream_table('a')");
        assertThat(session.query("SELECT v FROM a ORDER BY v"))
                .containsExactly(List.of("1"), List.of("2"));
    }
}
