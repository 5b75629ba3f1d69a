package io.pgtrickle.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.cli.connect.TargetFinder;
import io.pgtrickle.cli.embedded.EmbeddedPostgresException;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return line().execute(arguments);
    }

    private CommandLine line() {
        Session session =
                new Session(
                        new PrintWriter(out),
                        new PrintWriter(err),
                        new ByteArrayInputStream(
                                "SELECT 1 AS one".getBytes(StandardCharsets.UTF_8)),
                        new TargetFinder(Map.of(), List::of, "me"));
        return Commands.commandLine(session);
    }

    @Test
    void theFilesOfTheExtensionAreWritten(@TempDir Path directory) throws IOException {
        assertThat(run("extension", directory.resolve("new").toString())).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).contains("pg_trickle.control", "pg_trickle--0.1.0.sql");
        assertThat(Files.readString(directory.resolve("new").resolve("pg_trickle.control")))
                .contains("default_version = '0.1.0'", "requires = 'dblink'");
    }

    @Test
    void helpShowsCommandsAndExitCodes() {
        assertThat(run("--help")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString())
                .contains("Exit codes:", "4  no connection", "validate", "dev", "serve");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "install",
                "uninstall",
                "extension",
                "create",
                "alter",
                "drop",
                "refresh",
                "list",
                "status",
                "explain",
                "history",
                "validate",
                "serve",
                "dev",
                "version"
            })
    void everyCommandHasHelp(String command) {
        assertThat(run(command, "--help")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).startsWith("Usage: pgtrickle " + command);
        boolean usesDatabase = !List.of("dev", "extension", "version").contains(command);
        assertThat(out.toString().contains("--url")).isEqualTo(usesDatabase);
        boolean printsResult = !command.equals("dev") && !command.equals("serve");
        assertThat(out.toString().contains("--format")).isEqualTo(printsResult);
        assertThat(line().getSubcommands()).containsKey(command).hasSize(15);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | Usage: pgtrickle",
                "nonsense | nonsense",
                "create | NAME",
                "create t | A query is missing",
                "create t --query q --file f | exclude each other",
                "create t --file /no/such/file | There is no file",
                "create t --query q --mode sometimes | not one of auto, full, differential",
                "alter t | Nothing to change",
                "alter t --status asleep | active or suspended",
                "list --format xml | xml",
                "list | no database given",
                "list --url mysql://h/d | invalid database URL",
                "history t --limit 0 | at least 1",
                "history t --limit many | many",
                "serve --workers 0 | at least 1",
                "serve --url postgresql://h/d --url postgresql://u@h:5432/d | given twice",
                "serve --url postgresql://h/d --url postgresql://h/e --calls-port 65535 | --calls-port",
                "dev --workers 0 | at least 1",
                "dev --port 70000 | from 1 to 65535",
            })
    void wrongCommandLinesEndWithTwo(String arguments, String reason) {
        assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains(reason);
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "42P01, 3",
        "42601, 1",
        "42P07, 1",
        "22023, 1",
        "42501, 1",
        "08001, 4",
        "08006, 4",
        "28P01, 4",
        "28000, 4",
        "3D000, 4",
        "53300, 4",
        "57P03, 4",
    })
    void sqlStatesDecideTheExitCode(String state, int exitCode) {
        assertThat(ExitCodes.of(PgTrickleException.of(state, "m").build())).isEqualTo(exitCode);
        assertThat(ExitCodes.of(new SQLException("m", state))).isEqualTo(exitCode);
        assertThat(ExitCodes.of(new IllegalStateException(new SQLException("m", state))))
                .isEqualTo(exitCode);
    }

    @Test
    void otherErrorsEndWithOne() {
        assertThat(ExitCodes.of(new EmbeddedPostgresException("m"))).isEqualTo(ExitCodes.REFUSED);
        assertThat(ExitCodes.of(new SQLException("m"))).isEqualTo(ExitCodes.REFUSED);
        assertThat(ExitCodes.of(new IllegalStateException("m"))).isEqualTo(ExitCodes.REFUSED);
    }

    @Test
    void errorsAreReportedInFull() {
        PgTrickleException error =
                PgTrickleException.invalidArgument("bad schedule", "why", "what to do");
        int exitCode =
                new ErrorReport()
                        .handleExecutionException(error, line(), line().parseArgs("version"));
        assertThat(exitCode).isEqualTo(ExitCodes.REFUSED);
        assertThat(err.toString())
                .contains(
                        "ERROR: bad schedule",
                        "DETAIL: why",
                        "HINT: what to do",
                        "SQLSTATE: 22023");
    }

    @Test
    void unreachableDatabaseEndsWithFour() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(run("list", "--url", "postgresql://u@127.0.0.1:" + port + "/d"))
                .isEqualTo(ExitCodes.NO_CONNECTION);
        assertThat(err.toString()).startsWith("ERROR: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void versionIsThere() {
        assertThat(run("version", "--format", "csv")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).startsWith("pgtrickle,embedded_postgresql,java\r\n0.");
    }

    @Test
    void dataDirectoryOfSomethingElseEndsWithOne() {
        Path notData = Path.of("").toAbsolutePath();
        assertThat(run("dev", "--port", "0", "--data-dir", notData.toString()))
                .isEqualTo(ExitCodes.REFUSED);
        assertThat(err.toString()).contains("ERROR: ").contains(notData.toString());
    }
}
