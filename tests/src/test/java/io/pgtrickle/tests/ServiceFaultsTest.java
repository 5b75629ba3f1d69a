package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.cli.embedded.EmbeddedPostgres;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Comparison;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The service is killed, and PostgreSQL is: every stream table must reach its query's result
/// without help.
///
/// It has a server of its own, which crashes.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ServiceFaultsTest {
    private static final Map<String, String> QUERIES = queries();

    private EmbeddedPostgres postgres;
    private int databases;

    ServiceFaultsTest() {
        // A crash must not lose what was committed, so fsync may be off (the machine stays up) but
        // commits are synchronous.
        Map<String, String> settings = new HashMap<>(TestServer.settings());
        settings.put("synchronous_commit", "on");
        settings.put("full_page_writes", "on");
        postgres =
                EmbeddedPostgres.builder()
                        .temporaryDataDirectory(Path.of("target"))
                        .settings(settings)
                        .start();
    }

    private static Map<String, String> queries() {
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("filtered", "SELECT id, v FROM o WHERE v > 10");
        queries.put("joined", "SELECT o.id, o.v, c.name FROM o LEFT JOIN c ON c.id = o.c");
        queries.put(
                "grouped",
                "SELECT c, count(*) AS n, sum(v) AS total, max(v) AS most FROM o GROUP BY c");
        queries.put("over", "SELECT n, count(*) AS m FROM grouped GROUP BY n");
        queries.put("recomputed", "SELECT string_agg(name, ',' ORDER BY name) AS names FROM c");
        return queries;
    }

    @BeforeAll
    void running() {
        assertThat(postgres.isRunning()).isTrue();
    }

    @AfterAll
    void close() {
        postgres.close();
    }

    /// A database with stream tables that are due all the time.
    private String prepared() throws SQLException {
        databases++;
        String name = "faults_" + databases;
        execute("postgres", "CREATE DATABASE " + name);
        StreamTables tables = StreamTables.on(postgres.dataSource(name));
        tables.install();
        execute(
                name,
                "CREATE TABLE c (id int PRIMARY KEY, name text)",
                "CREATE TABLE o (id int GENERATED ALWAYS AS IDENTITY, c int, v int)",
                "INSERT INTO c SELECT i, 'c' || i FROM generate_series(1, 20) i",
                "INSERT INTO o (c, v) SELECT i % 23, i % 50 FROM generate_series(1, 2000) i");
        QUERIES.forEach((table, query) ->
                tables.create(StreamTableDefinition.of(table, query).withSchedule("50ms")));
        return name;
    }

    private void execute(String database, String... statements) throws SQLException {
        try (Session session = new Session(postgres.dataSource(database).getConnection())) {
            session.execute(statements);
        }
    }

    private Process service(String database) throws IOException {
        Process process = ServiceWorker.process(postgres.jdbcUrl(database)).start();
        var lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("leading");
        return process;
    }

    private static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// Writes until told to stop; errors, as of a crash, are followed by the next attempt.
    private final class Load implements AutoCloseable {
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicInteger transactions = new AtomicInteger();
        private final Thread thread;

        Load(String database) {
            thread =
                    Thread.ofVirtual()
                            .start(() -> {
                                while (!stopped.get()) {
                                    try {
                                        int i = transactions.get();
                                        execute(
                                                database,
                                                "INSERT INTO o (c, v) SELECT g % 25, g % 60 FROM generate_series("
                                                        + i
                                                        + ", "
                                                        + (i + 20)
                                                        + ") g",
                                                "UPDATE o SET v = v + 1, c = c + 1 WHERE id % 97 = "
                                                        + i % 97,
                                                "DELETE FROM o WHERE id % 211 = " + i % 211,
                                                "UPDATE c SET name = name || '.' WHERE id = "
                                                        + i % 20);
                                        transactions.incrementAndGet();
                                    } catch (SQLException | IllegalStateException _) {
                                        Thread.onSpinWait();
                                    }
                                }
                            });
        }

        void more(int count) {
            int goal = transactions.get() + count;
            DatabaseTest.await("the write load", () -> transactions.get() >= goal);
        }

        @Override
        public void close() {
            stopped.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void awaitFresh(String database) {
        QUERIES.forEach((table, query) ->
                DatabaseTest.await(table + " to be fresh", () -> fresh(database, table, query)));
    }

    private boolean fresh(String database, String table, String query) {
        try (Connection connection = postgres.dataSource(database).getConnection()) {
            return Comparison.of(connection, table, query, java.util.List.of())
                    .difference(connection)
                    .isEmpty();
        } catch (SQLException e) {
            throw new AssertionError(table, e);
        }
    }

    @Test
    void aServiceKilledInTheMiddleOfRefreshesIsFollowedByOneThatFinishes() throws Exception {
        String database = prepared();
        try (Load load = new Load(database)) {
            for (int i = 0; i < 4; i++) {
                Process service = service(database);
                load.more(5 + 7 * i);
                kill(service);
            }
        }
        Process service = service(database);
        try {
            awaitFresh(database);
        } finally {
            kill(service);
        }
    }

    @Test
    void aCrashOfPostgresUnderLoadLosesNothingAndTheServiceComesBackByItself() throws Exception {
        String database = prepared();
        Process service = service(database);
        try (Load load = new Load(database)) {
            for (int i = 0; i < 2; i++) {
                load.more(10);
                postgres.stopImmediate();
                postgres.start();
            }
            load.more(10);
        }
        try {
            assertThat(service.isAlive()).isTrue();
            awaitFresh(database);
        } finally {
            kill(service);
        }
    }

    @Test
    void afterARestartOfPostgresOneOfTwoServicesGoesOnInFiveSeconds() throws Exception {
        String database = prepared();
        Service.Config config = new Service.Config(postgres.jdbcUrl(database), "", "", 2);
        try (Service first = Service.start(config);
                Service second = Service.start(config)) {
            DatabaseTest.await(
                    "one of them leads",
                    () ->
                            first.awaitLeadership(Duration.ZERO)
                                    || second.awaitLeadership(Duration.ZERO));
            postgres.restart();
            long start = System.nanoTime();
            execute(database, "INSERT INTO o (c, v) VALUES (1, 1000)");
            awaitFresh(database);
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            System.out.println("restarted: all are fresh after " + taken.toMillis() + " ms");
            assertThat(taken).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void aStandbyTakesOverWhenTheLeaderIsKilled() throws Exception {
        String database = prepared();
        Process leader = service(database);
        try (Service standby =
                Service.start(new Service.Config(postgres.jdbcUrl(database), "", "", 2))) {
            assertThat(standby.awaitLeadership(Duration.ofSeconds(2))).isFalse();
            kill(leader);
            assertThat(standby.awaitLeadership(Duration.ofSeconds(60))).isTrue();
            execute(database, "INSERT INTO o (c, v) VALUES (1, 1000)");
            awaitFresh(database);
        }
    }

    @Test
    void aStreamTableThatFailsDoesNotStopTheOthersAndRecovers() throws Exception {
        String database = prepared();
        StreamTables tables = StreamTables.on(postgres.dataSource(database));
        tables.create(
                StreamTableDefinition.of("fragile", "SELECT id, 100 / (v + 1) AS q FROM o")
                        .withSchedule("50ms"));
        try (Service service =
                Service.start(new Service.Config(postgres.jdbcUrl(database), "", "", 2))) {
            assertThat(service.awaitLeadership(Duration.ofSeconds(60))).isTrue();
            execute(database, "INSERT INTO o (c, v) VALUES (3, -1)");
            awaitFresh(database);
            DatabaseTest.await(
                    "the failure to be recorded",
                    () -> tables.status("fragile").consecutiveErrors() > 0);
            assertThat(tables.status("fragile").lastError()).isPresent();
            execute(database, "DELETE FROM o WHERE v = -1");
            DatabaseTest.await(
                    "the recovery",
                    () ->
                            tables.status("fragile").consecutiveErrors() == 0
                                    && fresh(
                                            database,
                                            "fragile",
                                            "SELECT id, 100 / (v + 1) AS q FROM o"));
        }
    }
}
