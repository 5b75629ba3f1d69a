package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A service that has nothing to do leaves the server alone, and yet misses nothing.
final class IdleServiceTest extends DatabaseTest {
    private static final int TICKS_PER_SECOND = 10;
    private static final int SECONDS = 5;

    private Service service() {
        return service(1000 / TICKS_PER_SECOND);
    }

    private Service service(int interval) {
        database.execute(
                "ALTER DATABASE "
                        + database.value("SELECT quote_ident(current_database())")
                        + " SET pg_trickle.scheduler_interval_ms = "
                        + interval);
        Service service = Service.start(new Service.Config(database.url(), "", "", 2));
        assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
        return service;
    }

    /// Those of its own are in it.
    private long transactions() {
        return Long.parseLong(
                database.value(
                        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"));
    }

    /// Until the service has nothing more to do.
    private void settle() {
        database.value("SELECT pg_sleep(3)");
    }

    private void createSome() {
        database.execute("CREATE TABLE t (id int PRIMARY KEY, v int)", "CREATE TABLE s (v int)");
        create("first", "SELECT v, count(*) AS n FROM t GROUP BY v");
        create("second", "SELECT max(n) AS most FROM first");
        create("third", "SELECT id FROM t WHERE v IN (SELECT v FROM s)");
    }

    @Test
    void aTickInWhichNothingHasHappenedIsOneStatement() {
        createSome();
        try (Service _ = service()) {
            settle();
            long before = transactions();
            database.value("SELECT pg_sleep(" + SECONDS + ")");
            assertThat(transactions() - before)
                    .as("ticks, and what PostgreSQL itself does meanwhile")
                    .isBetween(
                            SECONDS * TICKS_PER_SECOND / 2L, SECONDS * TICKS_PER_SECOND * 3L / 2);
        }
    }

    @Test
    void whatHappensAfterwardsIsNoticed() {
        createSome();
        try (Service _ = service()) {
            settle();
            database.execute("INSERT INTO t VALUES (1, 7)");
            await("a change", () -> database.value("SELECT count(*) FROM first").equals("1"));
            settle();
            database.execute("DROP TABLE third");
            await(
                    "a stream table dropped by plain SQL",
                    () ->
                            database.value("SELECT count(*) FROM pgtrickle.pgt_stream_tables")
                                    .equals("2"));
            settle();
            create("fourth", "SELECT sum(v) AS v FROM t");
            database.execute("UPDATE t SET v = 9");
            await("a new stream table", () -> database.value("SELECT v FROM fourth").equals("9"));
        }
    }

    /// Also when nothing else is there, whose changes would be waited for. Without the wake-up each
    /// try would take up to five seconds, as a service looks so often at least.
    @Test
    void aNewStreamTableWakesIt() {
        database.execute("CREATE TABLE t (id int PRIMARY KEY)");
        try (Service _ = service(60_000)) {
            settle();
            List<Duration> delays = new ArrayList<>();
            for (int i = 1; i <= 5; i++) {
                String expected = String.valueOf(i);
                create("counted", "SELECT count(*) AS n FROM t");
                database.execute("INSERT INTO t VALUES (" + i + ")");
                long start = System.nanoTime();
                await("it", () -> database.value("SELECT n FROM counted").equals(expected));
                delays.add(Duration.ofNanos(System.nanoTime() - start));
                database.execute("DROP TABLE counted");
            }
            assertThat(delays.stream().sorted().toList().get(2)).isLessThan(Duration.ofSeconds(1));
        }
    }
}
