package io.pgtrickle.tests.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A PgBouncer in transaction mode before a database.
final class PgBouncer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path directory;
    private final Process process;
    private final int port;

    private PgBouncer(Path directory, Process process, int port) {
        this.directory = directory;
        this.process = process;
        this.port = port;
    }

    /// The program, where there is one.
    static Optional<Path> program() {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
        return Stream.of(path.split(":"))
                .map(it -> Path.of(it, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// Starts it with one server connection for all clients, so that each transaction may find what
    /// another client's has left.
    ///
    /// @param url JDBC URL of the database
    /// @param user the role of its server connections
    static PgBouncer start(Path program, String url, String user)
            throws IOException, InterruptedException {
        URI server = URI.create(url.substring("jdbc:".length()));
        int port = freePort();
        Path directory = Files.createTempDirectory("pgbouncer");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path configuration = directory.resolve("pgbouncer.ini");
        Files.writeString(directory.resolve("users.txt"), "\"" + user + "\" \"\"\n");
        Files.writeString(
                configuration,
                """
                [databases]
                * = host=%s port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = trust
                auth_file = %s
                pool_mode = transaction
                default_pool_size = 1
                max_client_conn = 50
                ignore_startup_parameters = extra_float_digits
                logfile = %s
                """
                        .formatted(
                                server.getHost(),
                                server.getPort(),
                                port,
                                directory.resolve("users.txt"),
                                directory.resolve("log")));
        // It refuses to be root.
        List<String> command =
                "root".equals(System.getProperty("user.name"))
                        ? List.of(program.toString(), "-u", "nobody", configuration.toString())
                        : List.of(program.toString(), configuration.toString());
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("output").toFile())
                        .start();
        PgBouncer bouncer = new PgBouncer(directory, process, port);
        bouncer.awaitListening();
        return bouncer;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitListening() throws IOException, InterruptedException {
        Instant end = Instant.now().plus(PATIENCE);
        while (process.isAlive() && Instant.now().isBefore(end)) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException _) {
                process.waitFor(50, TimeUnit.MILLISECONDS);
            }
        }
        String output = Files.readString(directory.resolve("output"));
        close();
        throw new IOException("PgBouncer does not start: " + output);
    }

    /// The JDBC URL of the same database through it.
    String url(String direct) {
        return direct.replaceFirst("//[^/]*/", "//127.0.0.1:" + port + "/") + "&prepareThreshold=0";
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
