package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTableStatus;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Comparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// What tests with a database of their own share.
abstract class DatabaseTest {
    /// Waiting for something that should happen at once takes this long before it is a failure.
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final TestDatabase database = TestServer.shared().database();
    final StreamTables tables = database.streamTables();

    @BeforeEach
    final void begin() {
        assertThat(database.value("SELECT count(*) FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("0");
    }

    @AfterEach
    final void end() {
        database.close();
    }

    /// Creates a differential stream table.
    final StreamTableStatus create(String name, String query) {
        return tables.create(
                        StreamTableDefinition.of(name, query).withMode(RefreshMode.DIFFERENTIAL))
                .streamTable();
    }

    /// Refreshes and says what that was.
    final RefreshOutcome.Action refresh(String name) {
        return tables.refresh(name).action();
    }

    /// Requires that a stream table, its name quoted where needed, equals a query now.
    final void assertFresh(String name, String query) {
        assertFresh(name, query, List.of());
    }

    final void assertFresh(String name, String query, List<Integer> exact) {
        try (Connection connection = database.dataSource().getConnection()) {
            assertThat(Comparison.of(connection, name, query, exact).difference(connection))
                    .isEmpty();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /// Waits until a condition holds.
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("still waiting: " + what).isNegative();
            try {
                // The pause between two looks, not a guess how long something takes.
                Thread.sleep(Duration.ofMillis(20));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /// The rows of all change buffers of tables.
    final int bufferRows() {
        return database
                .query(
                        "SELECT relname FROM pg_class WHERE relnamespace = 'pgtrickle_changes'::regnamespace"
                                + " AND relkind = 'r' AND relname LIKE 'changes%'")
                .stream()
                .mapToInt(row ->
                        Integer.parseInt(
                                database.value(
                                        "SELECT count(*) FROM pgtrickle_changes."
                                                + row.getFirst())))
                .sum();
    }
}
