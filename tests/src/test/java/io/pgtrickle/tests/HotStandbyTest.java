package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.cli.embedded.EmbeddedPostgres;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Comparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A service at a hot standby waits for its promotion, and goes on where the primary has ended.
@Timeout(180)
final class HotStandbyTest {
    private static final String QUERY = "SELECT k, sum(v) AS total FROM t GROUP BY k";

    @Test
    void aServiceAtAStandbyWaitsAndGoesOnAfterItsPromotion() throws Exception {
        Map<String, String> settings = new HashMap<>(TestServer.settings());
        settings.put("synchronous_commit", "on");
        EmbeddedPostgres primary =
                EmbeddedPostgres.builder()
                        .temporaryDataDirectory(Path.of("target"))
                        .settings(settings)
                        .start();
        try (primary;
                Session writer = new Session(primary.dataSource("postgres").getConnection())) {
            StreamTables tables = StreamTables.on(primary.dataSource("postgres"));
            tables.install();
            writer.execute(
                    "CREATE EXTENSION dblink",
                    "ALTER DATABASE postgres SET pg_trickle.refresh_strategy = 'differential'",
                    "CREATE TABLE t (k int, v int)",
                    "INSERT INTO t SELECT i % 10, i FROM generate_series(1, 100) i");
            tables.create(StreamTableDefinition.of("totals", QUERY));
            Path copy = copy(primary, writer);
            settings.put("primary_conninfo", "host=127.0.0.1 user=postgres port=" + primary.port());
            EmbeddedPostgres standby =
                    EmbeddedPostgres.builder().dataDirectory(copy).settings(settings).start();
            try (standby) {
                goOn(primary, standby, writer);
            } finally {
                run("rm", "-r", copy.toString());
            }
        }
    }

    private static void goOn(EmbeddedPostgres primary, EmbeddedPostgres standby, Session writer)
            throws SQLException {
        try (Service waiting = service(standby)) {
            try (Service leading = service(primary)) {
                assertThat(leading.awaitLeadership(Duration.ofSeconds(30))).isTrue();
                writer.execute("INSERT INTO t VALUES (1, 1000)");
                DatabaseTest.await("the primary is fresh", () -> isFresh(primary));
                DatabaseTest.await("and so is the standby", () -> isFresh(standby));
                assertThat(waiting.awaitLeadership(Duration.ofSeconds(1))).isFalse();
                assertRefused(standby);
            }
            // Captured, and not applied by the primary.
            writer.execute("INSERT INTO t VALUES (2, 2000)", "DELETE FROM t WHERE k = 3");
            try (Session reader = new Session(standby.dataSource("postgres").getConnection())) {
                DatabaseTest.await(
                        "the standby has them",
                        () -> reader.value("SELECT sum(v) FROM t WHERE k = 2").equals("2470"));
                primary.stopImmediate();
                long start = System.nanoTime();
                assertThat(reader.value("SELECT pg_promote()")).isEqualTo("t");
                assertThat(waiting.awaitLeadership(Duration.ofSeconds(30))).isTrue();
                Duration taken = Duration.ofNanos(System.nanoTime() - start);
                System.out.println("promoted: the service leads after " + taken.toMillis() + " ms");
                assertThat(taken).isLessThan(Duration.ofSeconds(10));
                DatabaseTest.await("what was captured before is applied", () -> isFresh(standby));
                reader.execute(
                        "INSERT INTO t VALUES (4, 4000)",
                        "UPDATE t SET v = v + 1 WHERE k = 5",
                        "SELECT pgtrickle.refresh_stream_table('totals')");
                DatabaseTest.await("and what is captured after", () -> isFresh(standby));
                assertThat(
                                reader.value(
                                        "SELECT string_agg(DISTINCT action, ' ') FROM pgtrickle.pgt_refresh_history"
                                                + " WHERE initiated_by <> 'INITIAL'"))
                        .isEqualTo("DIFFERENTIAL");
            }
        }
    }

    /// What changes something is refused, by name; what reads works.
    private static void assertRefused(EmbeddedPostgres standby) throws SQLException {
        StreamTables tables = StreamTables.on(standby.dataSource("postgres"));
        assertThat(tables.status("totals").status()).isEqualTo("ACTIVE");
        assertThatThrownBy(() -> tables.refresh("totals"))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        it -> assertThat(it.sqlState()).isEqualTo("22023"))
                .hasMessage("invalid argument: this server is a hot standby");
        try (Session session = new Session(standby.dataSource("postgres").getConnection())) {
            for (String call :
                    List.of(
                            "refresh_stream_table('totals')",
                            "refresh_all_stream_tables()",
                            "create_stream_table('other', 'SELECT 1 AS one')",
                            "gate_source('t')")) {
                assertThatThrownBy(() -> session.execute("SELECT pgtrickle." + call))
                        .as(call)
                        .hasMessageContaining("invalid argument: this server is a hot standby")
                        .cause()
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                it -> assertThat(it.getSQLState()).isEqualTo("22023"));
            }
            assertThat(session.value("SELECT status FROM pgtrickle.pgt_status()"))
                    .isEqualTo("ACTIVE");
            assertThat(
                            session.value(
                                    "SELECT detail FROM pgtrickle.health_check() WHERE check_name = 'scheduler_running'"))
                    .contains("hot standby");
        }
    }

    private static Service service(EmbeddedPostgres postgres) {
        return Service.start(new Service.Config(postgres.jdbcUrl("postgres"), "", "", 2));
    }

    private static boolean isFresh(EmbeddedPostgres postgres) {
        try (Connection connection = postgres.dataSource("postgres").getConnection()) {
            return Comparison.of(connection, "totals", QUERY, List.of())
                    .difference(connection)
                    .isEmpty();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /// A base backup, which the files of PostgreSQL's programs that are brought along have no
    /// program for.
    private static Path copy(EmbeddedPostgres primary, Session session)
            throws IOException, InterruptedException {
        Path copy =
                primary.dataDirectory()
                        .resolveSibling(primary.dataDirectory().getFileName() + "-standby");
        session.value("SELECT pg_backup_start('standby', true)");
        run("cp", "-a", primary.dataDirectory().toString(), copy.toString());
        String label = session.value("SELECT labelfile FROM pg_backup_stop(false)");
        for (String own :
                List.of(
                        "postmaster.pid",
                        "postmaster.opts",
                        "pgtrickle-owner.properties",
                        "pgtrickle-server.log")) {
            Files.deleteIfExists(copy.resolve(own));
        }
        Files.writeString(copy.resolve("backup_label"), label);
        Files.writeString(copy.resolve("standby.signal"), "");
        run(
                "chown",
                "--reference=" + copy.resolve("PG_VERSION"),
                copy.resolve("backup_label").toString(),
                copy.resolve("standby.signal").toString());
        return copy;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
