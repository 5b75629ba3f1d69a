package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pgtrickle.runtime.catalog.ExtensionFiles;
import io.pgtrickle.runtime.catalog.Release;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `pg_dump` and `pg_restore` carry stream tables to another database, whichever way pg_trickle was
/// installed.
final class DumpRestoreTest {
    private static final Pattern VERSION = Pattern.compile("\\) (\\d+)");

    /// A directory with `pg_dump` and `pg_restore` that can read a server of that version.
    private static Optional<Path> programs(int server) throws IOException {
        List<Path> directories = new ArrayList<>();
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(Path::of)
                .forEach(directories::add);
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.map(it -> it.resolve("bin")).forEach(directories::add);
            }
        }
        for (Path directory : directories) {
            if (Files.isExecutable(directory.resolve("pg_dump"))
                    && Files.isExecutable(directory.resolve("pg_restore"))
                    && version(directory.resolve("pg_dump")) >= server) {
                return Optional.of(directory);
            }
        }
        return Optional.empty();
    }

    private static int version(Path program) throws IOException {
        Matcher found = VERSION.matcher(run(program, "--version"));
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }

    private static String run(Path program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static String address(TestDatabase database) {
        URI server = URI.create(database.url().substring("jdbc:".length()));
        return "host=%s port=%d user=%s dbname=%s"
                .formatted(
                        server.getHost(),
                        server.getPort(),
                        database.value("SELECT session_user"),
                        database.name());
    }

    private static Service service(TestDatabase database) {
        Service service = Service.start(new Service.Config(database.url(), "", "", 2));
        assertThat(service.awaitLeadership(Duration.ofSeconds(60))).isTrue();
        return service;
    }

    private static void install(TestDatabase database, boolean extension) {
        database.execute("CREATE EXTENSION dblink");
        if (extension) {
            database.execute("CREATE EXTENSION pg_trickle");
        } else {
            database.streamTables().install();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasRestoredGoesOn(boolean extension, @TempDir Path directory) throws IOException {
        List<Path> files = List.of();
        try (TestDatabase source = TestServer.shared().emptyDatabase();
                TestDatabase target = TestServer.shared().emptyDatabase()) {
            int server = Integer.parseInt(source.value("SHOW server_version_num")) / 10_000;
            Path programs = programs(server).orElse(Path.of(""));
            assumeTrue(
                    Files.isExecutable(programs.resolve("pg_dump")),
                    "there is no pg_dump of version " + server + " or newer on the PATH");
            if (extension) {
                files = ExtensionTest.writeFiles(Release.CURRENT);
            }
            install(source, extension);
            try (Service _ = service(source);
                    Session session = source.session()) {
                RestoreTest.tables(session);
            }
            source.execute("INSERT INTO orders (customer, amount) VALUES (2, 100)");
            String dump = directory.resolve("dump").toString();
            run(programs.resolve("pg_dump"), "-Fc", "-f", dump, "-d", address(source));
            run(programs.resolve("pg_restore"), "--exit-on-error", "-d", address(target), dump);
            assertThat(target.value("SELECT pgtrickle.is_restored()")).isEqualTo("t");
            try (Service _ = service(target);
                    Session session = target.session()) {
                RestoreTest.followsAgain(session);
            }
        } finally {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Test
    void theSecretIsNotDumpedByTheExtension() {
        assertThat(ExtensionFiles.of(Release.CURRENT).get("pg_trickle--0.1.0.sql"))
                .contains("pg_extension_config_dump('pgtrickle.pgt_stream_tables', '')")
                .doesNotContain("pg_extension_config_dump('pgtrickle.pgt_service'");
    }
}
