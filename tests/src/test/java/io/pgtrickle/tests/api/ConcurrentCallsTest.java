package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Calls of many sessions at once.
final class ConcurrentCallsTest extends ServiceTest {
    private static final String QUERY =
            "SELECT customer, sum(amount) AS total, count(*) AS n FROM orders GROUP BY customer";

    @BeforeEach
    void tables() {
        session.execute(
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount numeric)",
                "INSERT INTO orders (customer, amount) VALUES (1, 10), (1, 20), (2, 5)");
    }

    private static String create(String name) {
        return "SELECT pgtrickle.create_stream_table('"
                + name
                + "', '"
                + QUERY
                + "', schedule => '1h')";
    }

    private void requireFresh(String name) {
        String stored = "SELECT customer, total, n FROM " + name;
        assertThat(
                        session.query(
                                "(%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)"
                                        .formatted(stored, QUERY)))
                .isEmpty();
    }

    /// The first one arranges the capture of the table; whoever comes then waits for it, and nobody
    /// after that.
    @Test
    void creationsOverOneTableDoNotWaitForEachOther() throws Exception {
        try (Session second = database.session();
                Session third = database.session();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            session.execute("BEGIN", create("one"));
            List<Future<Boolean>> waiting = new ArrayList<>();
            for (Session other : List.of(second, third)) {
                other.execute("BEGIN");
                String name = other == second ? "two" : "three";
                waiting.add(
                        executor.submit(() -> {
                            other.execute(create(name));
                            return true;
                        }));
            }
            session.execute("COMMIT");
            for (Future<Boolean> creation : waiting) {
                assertThat(creation.get()).isTrue();
            }
            session.execute(
                    "SET lock_timeout = '5s'",
                    create("four"),
                    "INSERT INTO orders (customer, amount) VALUES (3, 1)");
            second.execute("COMMIT");
            third.execute("ROLLBACK");
        }
        for (String name : List.of("one", "two", "four")) {
            session.execute("SELECT pgtrickle.refresh_stream_table('" + name + "')");
            requireFresh(name);
        }
    }

    /// However dear applying is: recomputing what is nested would lock the sources.
    @Test
    void aRefreshForItsCostDoesNotMakeWritersWait() {
        database.asSuperuser(
                "ALTER DATABASE " + database.name() + " RESET pg_trickle.refresh_strategy");
        try (Session caller = database.session();
                Session writer = database.session()) {
            caller.execute(
                    "SELECT pgtrickle.create_stream_table('best', 'SELECT max(total) AS best FROM ("
                            + QUERY
                            + ") q', '1h')");
            database.asSuperuser(
                    """
                    UPDATE pgtrickle.pgt_stream_tables SET refresh_costs = '{"full": 60, "sourceRows": 1000, "sizes": {
                        "0": {"times": [900, 900, 900], "recomputed": false, "spent": 0}}}'
                    """);
            caller.execute(
                    "BEGIN",
                    "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                    "SELECT pgtrickle.refresh_stream_table('best')");
            writer.execute(
                    "SET lock_timeout = '2s'",
                    "INSERT INTO orders (customer, amount) VALUES (9, 1)");
            caller.execute("COMMIT");
            assertThat(
                            caller.value(
                                    "SELECT effective_mode FROM pgtrickle.explain_refresh_mode('best')"))
                    .isEqualTo("DIFFERENTIAL");
        } finally {
            database.asSuperuser(
                    "ALTER DATABASE "
                            + database.name()
                            + " SET pg_trickle.refresh_strategy = 'differential'");
        }
    }

    @Test
    void twoSessionsCreateTheSameName() throws Exception {
        try (Session other = database.session();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            session.execute("BEGIN", create("totals"));
            Future<String> second =
                    executor.submit(() -> {
                        try {
                            other.execute(create("totals"));
                            return "";
                        } catch (IllegalStateException e) {
                            return e.getCause() instanceof SQLException cause
                                    ? cause.getSQLState()
                                    : "?";
                        }
                    });
            session.execute("COMMIT");
            assertThat(second.get()).isIn("42P07", "23505");
        }
        assertThat(session.query("SELECT * FROM totals")).hasSize(2);
    }

    @Test
    void manySessionsCallAtOnceAgainstWriters() throws Exception {
        int sessions = 50;
        AtomicBoolean writing = new AtomicBoolean(true);
        AtomicInteger written = new AtomicInteger();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> writers =
                    List.of(1, 2).stream()
                            .map(_ -> executor.submit(() -> write(writing, written)))
                            .toList();
            CountDownLatch ready = new CountDownLatch(sessions);
            List<Future<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                String name = "many_" + i;
                calls.add(executor.submit(() -> callAll(name, ready)));
            }
            try {
                for (Future<Boolean> call : calls) {
                    assertThat(call.get()).isTrue();
                }
            } finally {
                writing.set(false);
            }
            for (Future<Integer> writer : writers) {
                assertThat(writer.get()).isPositive();
            }
        }
        assertThat(written.get()).isPositive();
        for (int i = 0; i < sessions; i++) {
            session.execute("SELECT pgtrickle.refresh_stream_table('many_" + i + "')");
            requireFresh("many_" + i);
            session.execute("SELECT pgtrickle.drop_stream_table('many_" + i + "')");
        }
    }

    private static int write(AtomicBoolean writing, AtomicInteger written) {
        try (Session writer = database.session()) {
            int count = 0;
            while (writing.get()) {
                writer.execute(
                        "INSERT INTO orders (customer, amount) VALUES ("
                                + count % 5
                                + ", "
                                + count
                                + ")");
                count++;
                written.incrementAndGet();
            }
            return count;
        }
    }

    private static boolean callAll(String name, CountDownLatch ready) throws InterruptedException {
        try (Session caller = database.session()) {
            ready.countDown();
            ready.await();
            caller.execute(create(name));
            for (int i = 0; i < 5; i++) {
                caller.execute("SELECT pgtrickle.refresh_stream_table('" + name + "')");
            }
            return true;
        }
    }
}
