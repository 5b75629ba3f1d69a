package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.script.Comparison;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Stream tables that follow within the writing transaction.
final class ImmediateTest extends DatabaseTest {
    private static final String JOIN =
            "SELECT c.region, o.id, o.amount FROM orders o JOIN customers c ON c.id = o.customer";
    private static final String TOTALS =
            "SELECT customer, sum(amount) AS total, count(*) AS n FROM orders GROUP BY customer";

    @BeforeEach
    void makeSources() {
        database.execute(
                "CREATE TABLE customers (id int PRIMARY KEY, region text)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount int)",
                "INSERT INTO customers SELECT i, 'r' || i % 3 FROM generate_series(1, 10) i",
                "INSERT INTO orders SELECT i, i % 10 + 1, i FROM generate_series(1, 100) i");
    }

    private void follow(String name, String query) {
        database.streamTables()
                .create(StreamTableDefinition.of(name, query).withMode(RefreshMode.IMMEDIATE));
    }

    /// Executes statements in one transaction, and compares after each of them.
    private void step(Session session, String table, String query, String... statements) {
        for (String statement : statements) {
            session.execute(statement);
            try {
                assertThat(
                                Comparison.of(session.connection(), table, query, List.of())
                                        .difference(session.connection()))
                        .as(statement)
                        .isEmpty();
            } catch (SQLException e) {
                throw new AssertionError(statement, e);
            }
        }
    }

    @Test
    void followsEveryStatement() {
        follow("s", JOIN);
        follow("a", TOTALS);
        try (Session session = database.session()) {
            for (String table : List.of("s", "a")) {
                String query = table.equals("s") ? JOIN : TOTALS;
                step(
                        session,
                        table,
                        query,
                        "BEGIN",
                        "INSERT INTO orders VALUES (1000, 1, 5)",
                        "UPDATE orders SET amount = amount + 1 WHERE id < 10",
                        "UPDATE customers SET region = 'x' WHERE id = 3",
                        "DELETE FROM orders WHERE id % 7 = 0",
                        "WITH c AS (DELETE FROM customers WHERE id = 4 RETURNING id) UPDATE orders SET customer = 5 FROM c WHERE customer = c.id",
                        "INSERT INTO orders SELECT i, i % 10 + 1, i FROM generate_series(2000, 4000) i",
                        "SAVEPOINT p",
                        "DELETE FROM orders",
                        "ROLLBACK TO p",
                        "MERGE INTO orders o USING (VALUES (1, 7), (9000, 8)) v(id, amount) ON v.id = o.id"
                                + " WHEN MATCHED THEN UPDATE SET amount = v.amount WHEN NOT MATCHED THEN INSERT VALUES (v.id, 2, v.amount)",
                        "INSERT INTO orders VALUES (1, 1, 1) ON CONFLICT (id) DO UPDATE SET amount = 77",
                        "TRUNCATE orders",
                        "INSERT INTO orders VALUES (1, 1, 1), (2, 2, 2)",
                        "ROLLBACK",
                        "INSERT INTO orders VALUES (1000, 1, 5)",
                        "DELETE FROM orders WHERE id = 1000");
            }
        }
    }

    @Test
    void streamTablesFollowEachOther() {
        follow("a", TOTALS);
        follow("b", "SELECT n, sum(total) AS total FROM a GROUP BY n");
        String whole = "SELECT n, sum(total) AS total FROM (" + TOTALS + ") a GROUP BY n";
        try (Session session = database.session()) {
            step(
                    session,
                    "b",
                    whole,
                    "INSERT INTO orders VALUES (1000, 1, 5)",
                    "BEGIN",
                    "DELETE FROM orders WHERE id < 30",
                    "TRUNCATE orders",
                    "ROLLBACK",
                    "UPDATE orders SET customer = 2 WHERE id < 10");
        }
    }

    @Test
    void anErrorNamesTheStreamTable() {
        follow("d", "SELECT id, 100 / amount AS share FROM orders");
        assertThatThrownBy(() -> database.execute("INSERT INTO orders VALUES (1000, 1, 0)"))
                .hasMessageContaining(
                        "stream table public.d cannot follow this statement: division by zero")
                .hasMessageContaining("alter_stream_table");
        database.execute("INSERT INTO orders VALUES (1000, 1, 1)");
        assertFresh("d", "SELECT id, 100 / amount AS share FROM orders");
    }

    @Test
    void goesBackAndForthBetweenModes() {
        follow("a", TOTALS);
        database.streamTables().alter("a", Alteration.none().withMode(RefreshMode.DIFFERENTIAL));
        database.execute("DELETE FROM orders WHERE id < 30");
        refresh("a");
        assertFresh("a", TOTALS);
        database.streamTables().alter("a", Alteration.none().withMode(RefreshMode.IMMEDIATE));
        database.execute("DELETE FROM orders WHERE id < 60");
        assertFresh("a", TOTALS);
        database.streamTables().drop("a", DropBehavior.RESTRICT);
        database.execute("DELETE FROM orders WHERE id < 70");
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pg_trigger WHERE tgname ~ '^(pgt_|pg_trickle)'"))
                .isEqualTo("0");
    }

    @Test
    void whatAnotherProgramHasAlteredIsNotRefreshedAsItWas() {
        create("a", TOTALS);
        refresh("a");
        StreamTables other = StreamTables.on(database.dataSource());
        other.alter("a", Alteration.none().withMode(RefreshMode.IMMEDIATE));
        refresh("a");
        database.execute("DELETE FROM orders WHERE id < 30");
        assertFresh("a", TOTALS);
        String filtered = TOTALS.replace("GROUP BY", "WHERE amount > 40 GROUP BY");
        other.alter("a", Alteration.none().withQuery(filtered));
        refresh("a");
        assertFresh("a", filtered);
        database.execute("DELETE FROM orders WHERE id < 60");
        assertFresh("a", filtered);
        other.alter("a", Alteration.none().withMode(RefreshMode.DIFFERENTIAL));
        database.execute("DELETE FROM orders WHERE id < 70");
        refresh("a");
        assertFresh("a", filtered);
    }
}
