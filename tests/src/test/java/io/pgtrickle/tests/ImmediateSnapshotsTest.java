package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Transactions that see what was there when they began, while stream tables of mode IMMEDIATE are
/// made and maintained by others: they are told to try again, or do no harm.
final class ImmediateSnapshotsTest extends FollowingTest {
    private static final String TOTALS =
            "SELECT customer, sum(amount) AS total, count(*) AS n, max(amount) AS largest FROM orders GROUP BY customer";
    private static final String JOIN =
            "SELECT c.region, o.id FROM orders o JOIN customers c ON c.id = o.customer";
    private static final String KINDS = "SELECT DISTINCT customer FROM orders";
    private static final String SOME = "SELECT id, amount FROM orders WHERE amount > 10";

    @BeforeEach
    void makeSources() {
        database.execute(
                "CREATE TABLE customers (id int PRIMARY KEY, region text)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount int)",
                "INSERT INTO customers SELECT i, 'r' || i % 3 FROM generate_series(1, 10) i",
                "INSERT INTO orders SELECT i, i % 10 + 1, i FROM generate_series(1, 100) i");
    }

    private static Session begin(Session session) {
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1");
        return session;
    }

    private static void assertToldToTryAgain(Session session, String write) {
        assertThatThrownBy(() -> session.execute(write))
                .hasMessageContaining("could not serialize access");
        session.execute("ROLLBACK", write);
    }

    @ParameterizedTest
    @ValueSource(strings = {TOTALS, JOIN, KINDS, SOME})
    void madeMeanwhile(String query) {
        try (Session old = begin(database.session())) {
            follow("s", query);
            assertToldToTryAgain(old, "INSERT INTO orders VALUES (1000, 5, 1000)");
            compare(old, "creation");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TOTALS, JOIN, KINDS, SOME})
    void filledMeanwhile(String query) {
        tables.create(
                StreamTableDefinition.of("s", query)
                        .withMode(RefreshMode.IMMEDIATE)
                        .withInitialize(false));
        try (Session old = begin(database.session())) {
            tables.refresh("s");
            assertToldToTryAgain(old, "INSERT INTO orders VALUES (1000, 5, 1000)");
        }
        assertFresh("s", query);
    }

    @ParameterizedTest
    @ValueSource(strings = {TOTALS, JOIN, KINDS, SOME})
    void alteredAndDroppedMeanwhile(String query) {
        follow("s", query);
        try (Session old = begin(database.session())) {
            tables.alter("s", Alteration.none().withMode(RefreshMode.DIFFERENTIAL));
            old.execute("INSERT INTO orders VALUES (1000, 5, 1000)", "COMMIT");
            tables.refresh("s");
            compare(old, "DIFFERENTIAL");
            begin(old);
            tables.alter("s", Alteration.none().withMode(RefreshMode.IMMEDIATE));
            assertToldToTryAgain(old, "INSERT INTO orders VALUES (1001, 5, 1000)");
            compare(old, "IMMEDIATE");
            begin(old);
            forget("s");
            tables.drop("s", DropBehavior.RESTRICT);
            old.execute("INSERT INTO orders VALUES (1002, 5, 1000)", "COMMIT");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TOTALS, JOIN, KINDS, SOME})
    void writtenMeanwhile(String query) {
        follow("s", query);
        List<String> writes =
                List.of(
                        "INSERT INTO orders VALUES (%d, 5, 1000)",
                        "INSERT INTO orders VALUES (%d, 77, 1000)",
                        "DELETE FROM orders WHERE customer = 5 AND id <> %d",
                        "UPDATE orders SET amount = 7 WHERE customer = 6 AND id <> %d",
                        "UPDATE orders SET customer = 5 WHERE id = (SELECT max(id) FROM orders WHERE id < %d)",
                        "UPDATE customers SET region = 'r%d' WHERE id = 5");
        int id = 1000;
        for (String others : writes) {
            for (String own : writes) {
                id += 2;
                String write = own.formatted(id + 1);
                try (Session old = begin(database.session())) {
                    step(others.formatted(id));
                    try {
                        old.execute(write, "COMMIT");
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessageContaining("could not serialize access");
                        old.execute("ROLLBACK", write);
                    }
                    compare(old, write + " against " + others);
                }
            }
        }
    }

    /// What remains of a group may be what neither of two transactions sees: each must know of the
    /// other, though none of them changes the stored row.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "min(amount)",
                "count(DISTINCT amount)",
                "string_agg(DISTINCT amount::text, ',' ORDER BY amount::text)"
            })
    void recomputedGroupsThatStayTheSame(String aggregate) {
        database.execute(
                "DELETE FROM orders", "INSERT INTO orders VALUES (1, 1, 3), (2, 1, 3), (3, 1, 4)");
        follow("s", "SELECT customer, " + aggregate + " AS a FROM orders GROUP BY customer");
        String own = "UPDATE orders SET amount = 4 WHERE id = 1";
        String others = "UPDATE orders SET amount = 4 WHERE id = 2";
        try (Session old = begin(database.session())) {
            step(others);
            assertToldToTryAgain(old, own);
            compare(old, own + " after " + others);
        }
    }

    @Test
    void savepointsThatGiveTurnsBack() {
        follow("joined", JOIN);
        follow("totals", TOTALS);
        try (Session first = database.session();
                Session second = database.session()) {
            for (String level : List.of("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")) {
                first.execute(
                        "BEGIN ISOLATION LEVEL " + level,
                        "SAVEPOINT p",
                        "DELETE FROM orders WHERE id = 1",
                        "ROLLBACK TO p");
                step(
                        second,
                        "INSERT INTO orders SELECT max(id) + 1, 3, 1 FROM orders",
                        "DELETE FROM orders WHERE id = 50");
                try {
                    step(
                            first,
                            "INSERT INTO orders SELECT max(id) + 2, 3, 1 FROM orders",
                            "DELETE FROM orders WHERE id = 51",
                            "COMMIT");
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessageContaining("could not serialize access");
                    first.execute("ROLLBACK");
                }
                compare(first, level);
            }
        }
    }

    @Test
    void graphsOfSeveralModes() {
        create("sums", "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer");
        follow(
                "regions",
                "SELECT c.region, s.total FROM sums s JOIN customers c ON c.id = s.customer");
        create("of_regions", "SELECT region, sum(total) AS total FROM regions GROUP BY region");
        follow("over", "SELECT max(total) AS total FROM of_regions");
        follow(
                "direct",
                "SELECT o.id, s.total FROM orders o LEFT JOIN sums s ON s.customer = o.customer");
        for (String write :
                List.of(
                        "INSERT INTO orders VALUES (1000, 5, 1000)",
                        "UPDATE customers SET region = 'x' WHERE id < 4",
                        "DELETE FROM orders WHERE id < 50",
                        "INSERT INTO orders SELECT i, i % 20, i FROM generate_series(2000, 2500) i",
                        "TRUNCATE orders",
                        "INSERT INTO orders SELECT i, i % 10 + 1, i FROM generate_series(1, 20) i")) {
            step(write);
            for (String name : List.of("sums", "of_regions")) {
                tables.refresh(name);
                step("SELECT 1");
            }
            assertFresh(
                    "sums", "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer");
            assertFresh(
                    "of_regions",
                    "SELECT region, sum(total) AS total FROM regions GROUP BY region");
        }
    }
}
