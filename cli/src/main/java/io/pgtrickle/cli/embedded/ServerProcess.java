package io.pgtrickle.cli.embedded;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/// One start of the server as a child process.
///
/// @param process the child; `postgres` itself, or the program that runs it as another account
/// @param port where it listens
/// @param logStart where its messages begin in the log file
record ServerProcess(DataDirectory directory, Process process, int port, long logStart) {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final long LOG_LIMIT = 20L * 1024 * 1024;

    /// How a start ended.
    enum Start {
        READY,
        PORT_TAKEN,
        /// Processes of a killed server have not all gone yet.
        MEMORY_IN_USE,
        FAILED
    }

    static ServerProcess spawn(DataDirectory directory, int port, Map<String, String> settings)
            throws IOException {
        Path log = directory.log();
        if (Files.exists(log) && Files.size(log) > LOG_LIMIT) {
            Files.delete(log);
        }
        long logStart = Files.exists(log) ? Files.size(log) : 0;
        List<String> command = new ArrayList<>(List.of(directory.binaries().program("postgres")));
        command.addAll(List.of("-D", directory.path().toString()));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        command.addAll(List.of("-c", "port=" + port, "-c", "listen_addresses=127.0.0.1"));
        command.addAll(List.of("-c", "unix_socket_directories="));
        List<String> line = new ArrayList<>(Programs.ownSession());
        line.addAll(directory.account().commandLine(command));
        Process process =
                Programs.builder(line, directory.binaries().home())
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        return new ServerProcess(directory, process, port, logStart);
    }

    static PGSimpleDataSource dataSource(int port, String database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(database);
        source.setUser("postgres");
        return source;
    }

    /// Waits until the server has said that it is ready and a connection has been made.
    Start await() {
        Deadline deadline = Deadline.in(START_TIMEOUT);
        while (process.isAlive()) {
            if (saysReady() && accepts()) {
                return Start.READY;
            }
            if (deadline.passed()) {
                return Start.FAILED;
            }
            deadline.pause(Duration.ofMillis(15));
        }
        String messages = messages();
        if (messages.contains("could not bind IPv4 address")
                || messages.contains("could not create any TCP/IP sockets")) {
            return Start.PORT_TAKEN;
        }
        return messages.contains("pre-existing shared memory block")
                ? Start.MEMORY_IN_USE
                : Start.FAILED;
    }

    private boolean saysReady() {
        return PostmasterFile.read(directory.path())
                .filter(file -> file.ready() && isOurs(file.pid()))
                .isPresent();
    }

    private boolean isOurs(long pid) {
        return pid == process.pid()
                || process.descendants().anyMatch(descendant -> descendant.pid() == pid);
    }

    private boolean accepts() {
        try (Connection connection = dataSource(port, "postgres").getConnection()) {
            return connection.isValid(10);
        } catch (SQLException e) {
            return false;
        }
    }

    /// What this server has written to its log.
    String messages() {
        try (RandomAccessFile file = new RandomAccessFile(directory.log().toFile(), "r")) {
            file.seek(Math.max(logStart, file.length() - 8192));
            byte[] tail = new byte[(int) (file.length() - file.getFilePointer())];
            file.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    void stop(DataDirectory.StopMode mode) {
        if (process.isAlive()) {
            directory.stop(mode, Duration.ofSeconds(60));
        }
        process.onExit().join();
    }
}
