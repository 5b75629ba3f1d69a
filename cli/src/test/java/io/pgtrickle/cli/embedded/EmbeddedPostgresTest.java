package io.pgtrickle.cli.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// Needs the PostgreSQL of this platform, and nothing else; passes as root and as anybody.
class EmbeddedPostgresTest {
    private static final Path TARGET = Path.of("target");

    private static EmbeddedPostgresBuilder temporary() {
        return EmbeddedPostgres.builder().temporaryDataDirectory(TARGET).setting("fsync", "off");
    }

    private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = postgres.dataSource("postgres").getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = postgres.dataSource("postgres").getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void startsWithWhatPgTrickleNeeds() throws SQLException {
        try (EmbeddedPostgres postgres = temporary().setting("work_mem", "7MB").start()) {
            assertThat(query(postgres, "SHOW wal_level")).isEqualTo("logical");
            assertThat(query(postgres, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(query(postgres, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(postgres, "SHOW fsync")).isEqualTo("off");
            assertThat(query(postgres, "SHOW work_mem")).isEqualTo("7MB");
            assertThat(query(postgres, "SELECT current_user")).isEqualTo("postgres");
            assertThat(query(postgres, "SHOW server_version"))
                    .startsWith(postgres.version().major() + ".");
            execute(postgres, "CREATE EXTENSION dblink");
            assertThat(postgres.jdbcUrl("postgres"))
                    .contains("127.0.0.1:" + postgres.port() + "/postgres");
        }
    }

    @Test
    void dataSurvivesARestartAndACrash() throws SQLException {
        try (EmbeddedPostgres postgres = temporary().start()) {
            int port = postgres.port();
            execute(postgres, "CREATE TABLE kept (n int)");
            execute(postgres, "INSERT INTO kept VALUES (1)");
            postgres.stop();
            assertThat(postgres.isRunning()).isFalse();
            postgres.start();
            execute(postgres, "INSERT INTO kept VALUES (2)");
            postgres.stopImmediate();
            assertThat(postgres.isRunning()).isFalse();
            postgres.restart();
            assertThat(query(postgres, "SELECT sum(n) FROM kept")).isEqualTo("3");
            assertThat(postgres.port()).isEqualTo(port);
        }
    }

    @Test
    void closingStopsAndDeletesTemporaryData() {
        EmbeddedPostgres postgres = temporary().start();
        Path data = postgres.dataDirectory();
        assertThat(data).isDirectory();
        postgres.close();
        postgres.close();
        assertThat(postgres.isRunning()).isFalse();
        assertThat(data).doesNotExist();
    }

    @Test
    void twoInstancesRunSideBySide() throws SQLException {
        CompletableFuture<EmbeddedPostgres> one =
                CompletableFuture.supplyAsync(() -> temporary().start());
        CompletableFuture<EmbeddedPostgres> two =
                CompletableFuture.supplyAsync(() -> temporary().start());
        try (EmbeddedPostgres first = one.join();
                EmbeddedPostgres second = two.join()) {
            assertThat(first.port()).isNotEqualTo(second.port());
            assertThat(query(first, "SHOW data_directory"))
                    .isNotEqualTo(query(second, "SHOW data_directory"));
        }
    }

    @Test
    void parallelJvmsAndThreadsUnpackOnce() throws IOException {
        Path cache = temporaryParent("cache");
        try {
            List<CompletableFuture<Binaries>> all =
                    List.of(
                            CompletableFuture.supplyAsync(() -> Binaries.unpacked(cache)),
                            CompletableFuture.supplyAsync(() -> Binaries.unpacked(cache)));
            for (CompletableFuture<Binaries> one : all) {
                assertThat(Path.of(one.join().program("postgres"))).isExecutable();
            }
            assertThat(cache)
                    .isDirectoryNotContaining(path -> path.getFileName().toString().length() > 60);
        } finally {
            Directories.delete(cache);
        }
    }

    @Test
    void secondServerOnTheSameDataIsRefusedWithPidAndPort() throws IOException {
        try (EmbeddedPostgres postgres = temporary().start()) {
            long pid = PostmasterFile.read(postgres.dataDirectory()).orElseThrow().pid();
            assertThatExceptionOfType(EmbeddedPostgresException.class)
                    .isThrownBy(() ->
                            EmbeddedPostgres.builder()
                                    .dataDirectory(postgres.dataDirectory())
                                    .start())
                    .withMessageContaining("process " + pid)
                    .withMessageContaining("port " + postgres.port());
            assertThat(postgres.isRunning()).isTrue();
        }
    }

    @Test
    void serverLeftBehindByAKilledJvmIsReplaced() throws IOException, SQLException {
        try (EmbeddedPostgres orphan = temporary().start()) {
            execute(orphan, "CREATE TABLE kept AS SELECT 42 AS n");
            Path owner = orphan.dataDirectory().resolve("pgtrickle-owner.properties");
            new Owner(Integer.MAX_VALUE, Owner.current().started()).write(owner, new Properties());
            try (EmbeddedPostgres next =
                    EmbeddedPostgres.builder()
                            .dataDirectory(orphan.dataDirectory())
                            .setting("fsync", "off")
                            .start()) {
                assertThat(query(next, "SELECT n FROM kept")).isEqualTo("42");
                assertThat(orphan.isRunning()).isFalse();
            }
        }
    }

    @Test
    void stalePidFileDoesNoHarmEvenWhenThePidIsInUseAgain() throws IOException, SQLException {
        try (EmbeddedPostgres postgres = temporary().start()) {
            Path file = postgres.dataDirectory().resolve("postmaster.pid");
            List<String> lines = Files.readAllLines(file);
            postgres.stop();
            List<String> stale = new ArrayList<>(lines);
            stale.set(0, Long.toString(ProcessHandle.current().pid()));
            Files.write(file, stale);
            postgres.start();
            assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void serverKilledBySigkillStartsAgain() throws SQLException {
        try (EmbeddedPostgres postgres = temporary().start()) {
            execute(postgres, "CREATE TABLE kept AS SELECT 7 AS n");
            long pid = PostmasterFile.read(postgres.dataDirectory()).orElseThrow().pid();
            ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
            server.destroyForcibly();
            server.onExit().join();
            postgres.restart();
            assertThat(query(postgres, "SELECT n FROM kept")).isEqualTo("7");
        }
    }

    @Test
    void takenPortIsReportedUnlessAnotherWillDo() {
        try (EmbeddedPostgres first = temporary().start()) {
            assertThatExceptionOfType(EmbeddedPostgresException.class)
                    .isThrownBy(() -> temporary().port(first.port()).start())
                    .withMessageContaining("Port " + first.port() + " is taken");
            try (EmbeddedPostgres second = temporary().preferredPort(first.port()).start()) {
                assertThat(second.port()).isNotEqualTo(first.port());
            }
        }
    }

    @Test
    void directoriesThatHoldSomethingElseAreLeftAlone() throws IOException {
        Path parent = temporaryParent("other");
        try {
            Files.writeString(parent.resolve("precious.txt"), "x");
            assertThatExceptionOfType(EmbeddedPostgresException.class)
                    .isThrownBy(() -> EmbeddedPostgres.builder().dataDirectory(parent).start())
                    .withMessageContaining("neither empty nor a PostgreSQL data directory");
            assertThat(parent.resolve("precious.txt")).exists();
            Files.writeString(parent.resolve("PG_VERSION"), "9.6\n");
            assertThatExceptionOfType(EmbeddedPostgresException.class)
                    .isThrownBy(() -> EmbeddedPostgres.builder().dataDirectory(parent).start())
                    .withMessageContaining("belongs to PostgreSQL 9.6");
        } finally {
            Directories.delete(parent);
        }
    }

    @Test
    void badSettingIsReportedInPostgresWords() {
        assertThatExceptionOfType(EmbeddedPostgresException.class)
                .isThrownBy(() -> temporary().setting("work_mem", "much").start())
                .withMessageContaining("work_mem");
    }

    @Test
    void lockIsGivenUpAfterTheTimeout() throws IOException {
        Path parent = temporaryParent("lock");
        Path file = parent.resolve("l");
        try (FileLocks.Held _ = FileLocks.acquire(file, Duration.ofSeconds(1))) {
            assertThatExceptionOfType(EmbeddedPostgresException.class)
                    .isThrownBy(() -> FileLocks.acquire(file, Duration.ofMillis(50)))
                    .withMessageContaining("held the lock");
        } finally {
            Directories.delete(parent);
        }
    }

    /// A directory that the server's account can reach.
    private static Path temporaryParent(String name) {
        try {
            Path wished = TARGET.toAbsolutePath().resolve("embedded-" + name);
            boolean reachable = Account.forDataDirectory(wished).obstacle(wished).isEmpty();
            Directories.delete(wished);
            if (!reachable) {
                return Files.createTempDirectory("embedded-" + name);
            }
            Files.createDirectories(wished);
            return wished;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
