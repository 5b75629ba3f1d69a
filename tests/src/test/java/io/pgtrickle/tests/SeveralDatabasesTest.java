package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/// One service looks after several databases: none of them disturbs another.
@Timeout(180)
final class SeveralDatabasesTest {
    private static final int WORKERS = 2;
    private static final int TABLES = 4;
    private static final int COMMITS = 15;

    /// On machines that do much else; without a worker of its own the wait would not end at all.
    private static final Duration LATEST = Duration.ofSeconds(10);

    private static Service serve(String... urls) {
        List<Service.Address> addresses =
                Arrays.stream(urls).map(it -> new Service.Address(it, "", "")).toList();
        return Service.start(
                new Service.Config(addresses, WORKERS).withPollInterval(Duration.ofMillis(200)));
    }

    private static Service leading(String... urls) {
        Service service = serve(urls);
        assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
        return service;
    }

    private static TestDatabase prepared() {
        TestDatabase database = TestServer.shared().database();
        prepare(database);
        return database;
    }

    private static void prepare(TestDatabase database) {
        // Refreshes that are blocked are to stay so, and not to give up.
        database.execute("ALTER DATABASE " + database.name() + " SET lock_timeout = '60s'");
        for (int i = 0; i < TABLES; i++) {
            database.execute("CREATE TABLE s" + i + " (id int)");
            database.streamTables()
                    .create(
                            StreamTableDefinition.of("t" + i, "SELECT count(*) AS n FROM s" + i)
                                    .withSchedule("calculated"));
        }
    }

    private static void await(TestDatabase database, String sql, String expected, Duration within) {
        long start = System.nanoTime();
        try (Session session = database.session()) {
            DatabaseTest.await(sql + " is " + expected, () -> session.value(sql).equals(expected));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).as(sql).isLessThan(within);
    }

    /// Every commit is visible soon, one after the other.
    private static void isFollowed(TestDatabase database) {
        isFollowed(database, LATEST);
    }

    private static void isFollowed(TestDatabase database, Duration latest) {
        int before = Integer.parseInt(database.value("SELECT count(*) FROM s0"));
        for (int i = 1; i <= COMMITS; i++) {
            database.execute("INSERT INTO s0 VALUES (1)");
            await(database, "SELECT n FROM t0", Integer.toString(before + i), latest);
        }
    }

    @Test
    void eachIsRefreshedAndHasALeaseAndAPortOfItsOwn() {
        try (TestDatabase one = prepared();
                TestDatabase other = prepared();
                Service _ = leading(one.url(), other.url())) {
            isFollowed(one);
            isFollowed(other);
            String port = "SELECT port FROM pgtrickle.pgt_service";
            assertThat(one.value(port)).isNotEqualTo(other.value(port));
            for (TestDatabase database : List.of(one, other)) {
                assertThat(database.value("SELECT pgtrickle.scheduler_running()")).isEqualTo("t");
                await(
                        database,
                        "SELECT max_workers || ' ' || per_db_cap FROM pgtrickle.worker_pool_status()",
                        "2 2",
                        LATEST);
            }
        }
    }

    /// All its refreshes wait for a lock, and more are due than there are workers.
    @Test
    void aDatabaseWhoseRefreshesHangLeavesAWorkerToTheOthers() {
        try (TestDatabase hanging = prepared();
                TestDatabase other = prepared();
                Service _ = leading(hanging.url(), other.url());
                Session blocker = hanging.session()) {
            blocker.execute("BEGIN");
            for (int i = 0; i < TABLES; i++) {
                blocker.execute("LOCK TABLE t" + i + " IN ACCESS EXCLUSIVE MODE");
                hanging.execute("INSERT INTO s" + i + " VALUES (1)");
            }
            String waiting =
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND application_name = 'pg_trickle' AND wait_event_type = 'Lock'";
            await(hanging, waiting, "1", LATEST);
            isFollowed(other);
            assertThat(hanging.value(waiting)).isEqualTo("1");
            blocker.execute("ROLLBACK");
            for (int i = 0; i < TABLES; i++) {
                await(hanging, "SELECT n FROM t" + i, "1", LATEST);
            }
        }
    }

    /// The catalog is locked, so that the scheduler itself of that database hangs.
    @Test
    void aDatabaseThatDoesNotAnswerDisturbsNobody() {
        try (TestDatabase silent = prepared();
                TestDatabase other = prepared();
                Service _ = leading(silent.url(), other.url());
                Session blocker = silent.session()) {
            isFollowed(silent);
            blocker.execute(
                    "BEGIN",
                    "LOCK TABLE pgtrickle.pgt_stream_tables, pgtrickle_changes.wake IN ACCESS EXCLUSIVE MODE");
            silent.execute("SELECT pg_sleep(0.5)");
            isFollowed(other);
            blocker.execute("ROLLBACK");
            isFollowed(silent);
        }
    }

    @Test
    void aDatabaseThatIsDroppedDisturbsNobodyAndOneThatComesIsTaken() {
        String name = "several_late_" + ProcessHandle.current().pid();
        try (TestDatabase keeper = TestServer.shared().emptyDatabase()) {
            try {
                comesAndGoes(name, TestServer.shared().url(name), keeper);
            } finally {
                keeper.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            }
        }
    }

    private static void comesAndGoes(String name, String url, TestDatabase keeper) {
        String running = "SELECT pgtrickle.scheduler_running()";
        Duration soon = Duration.ofSeconds(30);
        TestDatabase dropped = prepared();
        try (TestDatabase other = prepared();
                TestDatabase bare = TestServer.shared().emptyDatabase();
                Service service = serve(dropped.url(), other.url(), bare.url(), url)) {
            await(dropped, running, "t", soon);
            await(other, running, "t", soon);
            assertThat(service.awaitLeadership(Duration.ofMillis(10))).isFalse();
            isFollowed(dropped);
            dropped.close();
            isFollowed(other);

            StreamTables.on(bare.dataSource()).install();
            prepare(bare);
            await(bare, running, "t", soon);
            isFollowed(bare);

            keeper.execute("CREATE DATABASE " + name + " TEMPLATE template1");
            PGSimpleDataSource late = new PGSimpleDataSource();
            late.setURL(url);
            StreamTables.on(late).install();
            try (Session session = new Session(connection(late))) {
                DatabaseTest.await("the late one", () -> session.value(running).equals("t"));
            }
            isFollowed(other);
        }
    }

    private static Connection connection(DataSource source) {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// With a file of options and the variable of the environment.
    @Test
    void theCommandTakesSeveral(@TempDir Path directory) throws Exception {
        Duration soon = Duration.ofSeconds(60);
        try (TestDatabase one = prepared();
                TestDatabase two = prepared()) {
            Path options = directory.resolve("options");
            Path log = directory.resolve("log");
            Files.writeString(options, "--workers\n2\n--calls-bind\n127.0.0.1\n");
            ProcessBuilder builder =
                    new ProcessBuilder(
                            System.getProperty("java.home") + "/bin/java",
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "io.pgtrickle.cli.Main",
                            "serve",
                            "@" + options);
            builder.environment().put("PGTRICKLE_URL", one.url() + "\n" + two.url());
            Process process =
                    builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
            try {
                for (TestDatabase database : List.of(one, two)) {
                    await(database, "SELECT pgtrickle.scheduler_running()", "t", soon);
                    isFollowed(database, soon);
                }
                process.destroy();
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
                for (TestDatabase database : List.of(one, two)) {
                    assertThat(Files.readString(log))
                            .contains(database.name() + " - Leading: refreshing what is due");
                    assertThat(database.value("SELECT pgtrickle.scheduler_running()"))
                            .isEqualTo("f");
                }
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void aQuotaIsExceededWhileWorkersAreFree() {
        try (TestDatabase one = prepared();
                TestDatabase other = prepared()) {
            for (TestDatabase database : List.of(one, other)) {
                database.execute(
                        "ALTER DATABASE "
                                + database.name()
                                + " SET pg_trickle.per_database_worker_quota = 1");
            }
            List<Service.Address> addresses =
                    List.of(
                            new Service.Address(one.url(), "", ""),
                            new Service.Address(other.url(), "", ""));
            try (Service service =
                            Service.start(
                                    new Service.Config(addresses, 4)
                                            .withPollInterval(Duration.ofMillis(200)));
                    Session blocker = one.session()) {
                assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
                blocker.execute("BEGIN");
                for (int i = 0; i < TABLES; i++) {
                    blocker.execute("LOCK TABLE t" + i + " IN ACCESS EXCLUSIVE MODE");
                    one.execute("INSERT INTO s" + i + " VALUES (1)");
                }
                String running =
                        "SELECT count(*) FROM pgtrickle.parallel_job_status() WHERE status = '%s'";
                await(one, running.formatted("RUNNING"), "2", Duration.ofSeconds(10));
                await(one, running.formatted("QUEUED"), "2", Duration.ofSeconds(10));
                isFollowed(other);
                blocker.execute("ROLLBACK");
                await(one, running.formatted("SUCCEEDED"), "4", Duration.ofSeconds(10));
            }
        }
    }
}
