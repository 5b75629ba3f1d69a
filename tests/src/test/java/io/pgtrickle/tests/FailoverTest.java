package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Several services of one database under a load, of which the one that leads is killed, or stopped
/// and continued.
///
/// The sessions of the process that is to fail have a setting by which it can be seen what they
/// have written when. That nothing is refreshed twice at once is found by a function in a query,
/// which takes a lock that only one transaction can have and fails where that is taken.
@Timeout(180)
final class FailoverTest extends DatabaseTest {
    private static final Duration SOON = Duration.ofSeconds(5);

    /// Three signs of life that are missing, and the next look.
    private static final Duration SILENCE = Duration.ofSeconds(17);

    private static final String TOTALS =
            "SELECT k, sum(alone(v)) AS total, count(*) AS n FROM t GROUP BY k";
    private static final String OVER =
            "SELECT n % 10 AS digit, sum(total) AS total FROM totals GROUP BY 1";

    private final List<Process> processes = new ArrayList<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private Thread writer;

    @BeforeEach
    void load() {
        database.execute(
                "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, k int, v int)",
                "INSERT INTO t (k, v) SELECT i % 50, i FROM generate_series(1, 1000) i",
                """
                CREATE FUNCTION alone(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                    IF NOT pg_try_advisory_xact_lock(4711) THEN RAISE EXCEPTION 'refreshed twice at once'; END IF;
                    IF v = -1 THEN PERFORM pg_sleep(40); END IF;
                    RETURN v;
                END $$
                """,
                "CREATE TABLE written (who text, at timestamptz)",
                """
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN
                    INSERT INTO public.written VALUES (current_setting('failover.who', true), clock_timestamp());
                    RETURN NULL;
                END $$
                """,
                "CREATE TRIGGER note AFTER INSERT ON pgtrickle.pgt_refresh_history EXECUTE FUNCTION note()");
        create("totals", TOTALS);
        create("over", OVER);
        writer =
                Thread.ofVirtual()
                        .start(() -> {
                            try (Session session = database.session()) {
                                for (int i = 0; !stopped.get(); i++) {
                                    session.execute(
                                            "INSERT INTO t (k, v) VALUES (%d, %d)"
                                                    .formatted(i % 50, i % 100),
                                            "UPDATE t SET v = 1 + v %% 90 WHERE id = %d"
                                                    .formatted(1 + i % 900));
                                }
                            }
                        });
    }

    @AfterEach
    void cleanUp() throws InterruptedException {
        stopped.set(true);
        writer.join();
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    /// A service in a process of its own; when it leads.
    private Process leader() throws IOException {
        Process process =
                ServiceWorker.process(database.url() + "&options=-c%20failover.who=leader").start();
        processes.add(process);
        var lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("leading");
        await("it refreshes", () -> refreshes() > 2);
        return process;
    }

    /// How often the process that is to fail has written what it has done.
    private int refreshes() {
        return Integer.parseInt(
                database.value("SELECT count(*) FROM written WHERE who = 'leader'"));
    }

    private int refreshesOfOthers() {
        return Integer.parseInt(database.value("SELECT count(*) FROM written WHERE who IS NULL"));
    }

    /// The sessions by which a service refreshes: only one that leads has some.
    private List<List<String>> sessions() {
        return database.query(
                "SELECT pid, backend_start FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name = 'pg_trickle'");
    }

    private Service service() {
        return Service.start(new Service.Config(database.url(), "", "", 2));
    }

    private static void signal(Process process, String signal)
            throws IOException, InterruptedException {
        assertThat(
                        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                                .start()
                                .waitFor())
                .isZero();
    }

    /// Waits until another service leads.
    private static void awaitTakeOver(String what, Service standby, Duration limit) {
        long start = System.nanoTime();
        assertThat(standby.awaitLeadership(limit.multipliedBy(3))).isTrue();
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        System.out.println(what + ": another service leads after " + taken.toMillis() + " ms");
        assertThat(taken).isLessThan(limit);
    }

    /// Everything is applied, by one service at a time.
    private void assertNothingLostOrDoneTwice() throws InterruptedException {
        stopped.set(true);
        writer.join();
        await(
                "the rest is applied",
                () -> database.query("SELECT pgt_id FROM pgtrickle.pending_changes()").isEmpty());
        assertFresh("totals", TOTALS);
        assertFresh("over", OVER);
        assertThat(
                        database.query(
                                "SELECT error_message FROM pgtrickle.pgt_refresh_history WHERE error_message LIKE '%twice%'"))
                .isEmpty();
        assertThat(
                        database.query(
                                "SELECT DISTINCT status FROM pgtrickle.pgt_refresh_history WHERE status NOT IN ('COMPLETED', 'FAILED')"))
                .isEmpty();
    }

    @Test
    void aLeaderThatIsKilledIsFollowedInFiveSeconds() throws Exception {
        Process leader = leader();
        try (Service first = service();
                Service second = service()) {
            assertThat(first.awaitLeadership(Duration.ofSeconds(2))).isFalse();
            assertThat(second.awaitLeadership(Duration.ZERO)).isFalse();
            signal(leader, "KILL");
            long start = System.nanoTime();
            await(
                    "one of them leads",
                    () ->
                            first.awaitLeadership(Duration.ZERO)
                                    || second.awaitLeadership(Duration.ZERO));
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            System.out.println("killed: another service leads after " + taken.toMillis() + " ms");
            assertThat(taken).isLessThan(SOON);
            assertThat(first.awaitLeadership(Duration.ZERO) ^ second.awaitLeadership(Duration.ZERO))
                    .isTrue();
            assertNothingLostOrDoneTwice();
        }
    }

    /// What it has left in the database does not go on for as long as the statement takes.
    @Test
    void aLeaderThatIsKilledInTheMiddleOfALongRefreshIsFollowedAsSoon() throws Exception {
        Process leader = leader();
        try (Service standby = service()) {
            assertThat(standby.awaitLeadership(Duration.ofSeconds(2))).isFalse();
            database.execute("INSERT INTO t (k, v) VALUES (-1, -1)");
            String running =
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
            await("a long refresh", () -> database.value(running).equals("1"));
            database.execute("UPDATE t SET v = 0 WHERE v = -1");
            database.execute(
                    "CREATE OR REPLACE FUNCTION alone(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
                            + " IF NOT pg_try_advisory_xact_lock(4711) THEN RAISE EXCEPTION 'refreshed twice at once'; END IF;"
                            + " RETURN v; END $$");
            signal(leader, "KILL");
            awaitTakeOver("killed in a refresh", standby, SOON);
            await("its sessions are gone", () -> database.value(running).equals("0"));
            assertNothingLostOrDoneTwice();
        }
    }

    @Test
    void aLeaderThatIsStoppedIsFollowedAndDoesNotGoOnWhenItIsContinued() throws Exception {
        Process leader = leader();
        try (Service standby = service()) {
            assertThat(standby.awaitLeadership(Duration.ofSeconds(2))).isFalse();
            List<List<String>> sessions = sessions();
            assertThat(sessions).isNotEmpty();
            signal(leader, "STOP");
            awaitTakeOver("stopped", standby, SILENCE);
            await("its sessions are gone", () -> sessions().stream().noneMatch(sessions::contains));
            String since = database.value("SELECT clock_timestamp()");
            signal(leader, "CONT");
            int before = refreshesOfOthers();
            await(
                    "it stands by",
                    () ->
                            database.value(
                                            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                                    + " AND application_name = 'pg_trickle lease'")
                                    .equals("2"));
            await("the other one goes on", () -> refreshesOfOthers() > before + 20);
            assertThat(
                            database.value(
                                    "SELECT count(*) FROM written WHERE who = 'leader' AND at > '"
                                            + since
                                            + "'"))
                    .isEqualTo("0");
        }
        int before = refreshes();
        await("it leads again when it is alone", () -> refreshes() > before);
        assertNothingLostOrDoneTwice();
    }
}
