package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;

/// A PostgreSQL server of our own, on loopback, superuser `postgres` without a password.
///
/// It can be stopped, also as if it had crashed, and started again on the same data and, where it
/// is still free, the same port. Thread-safe.
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Duration LOCK_TIMEOUT = Duration.ofMinutes(3);
    private static final int ATTEMPTS = 200;

    private final EmbeddedPostgresBuilder.Settings settings;
    private final DataDirectory directory;
    private final ReentrantLock lock = new ReentrantLock();
    private final Optional<Thread> exitHook;
    private Optional<ServerProcess> server = Optional.empty();
    private int port;

    EmbeddedPostgres(EmbeddedPostgresBuilder.Settings settings) {
        this.settings = settings;
        this.port = settings.port();
        this.directory =
                DataDirectory.at(
                        settings.dataDirectory(),
                        Binaries.unpacked(settings.directories().cache()));
        this.exitHook =
                settings.atExit() == EmbeddedPostgresBuilder.AtExit.STOP
                        ? Optional.of(new Thread(this::stopQuietly, "stop-embedded-postgres"))
                        : Optional.empty();
        exitHook.ifPresent(Runtime.getRuntime()::addShutdownHook);
    }

    /// Starts to describe a server.
    public static EmbeddedPostgresBuilder builder() {
        return new EmbeddedPostgresBuilder();
    }

    /// Starts the server unless it runs, and waits until it accepts connections.
    ///
    /// @throws EmbeddedPostgresException when another server uses the data directory, or the start
    ///   fails
    public void start() {
        lock.lock();
        try {
            if (isRunning()) {
                return;
            }
            try (FileLocks.Held _ = FileLocks.acquire(lockFile(), LOCK_TIMEOUT)) {
                directory.prepare();
                launch();
                directory.recordOwner();
            }
        } catch (IOException e) {
            throw new EmbeddedPostgresException(
                    "Cannot start PostgreSQL on " + directory.path() + ": " + e, e);
        } finally {
            lock.unlock();
        }
    }

    /// Stops the server, ending its sessions, and waits until it is gone.
    public void stop() {
        stop(DataDirectory.StopMode.FAST);
    }

    /// Stops the server at once and without a checkpoint: the next start recovers, as after a
    /// crash.
    public void stopImmediate() {
        stop(DataDirectory.StopMode.IMMEDIATE);
    }

    /// Stops and starts.
    public void restart() {
        stop();
        start();
    }

    /// Whether the server process lives.
    public boolean isRunning() {
        return server.filter(running -> running.process().isAlive()).isPresent();
    }

    /// The JDBC URL of a database, with the user.
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
    }

    /// Connections to a database as the superuser, not pooled. It keeps the port of now.
    public DataSource dataSource(String database) {
        return ServerProcess.dataSource(port, database);
    }

    /// Where the server listens.
    public int port() {
        return port;
    }

    /// The server's data.
    public Path dataDirectory() {
        return directory.path();
    }

    /// The server's log file.
    public Path logFile() {
        return directory.log();
    }

    /// What the server is.
    public ServerVersion version() {
        return directory.binaries().version();
    }

    /// Stops the server, and deletes its data directory when that is temporary.
    @Override
    public void close() {
        stop();
        if (settings.temporary()) {
            try {
                Directories.delete(directory.path());
            } catch (IOException e) {
                throw new EmbeddedPostgresException(
                        "Cannot delete " + directory.path() + ": " + e, e);
            }
        }
        exitHook.ifPresent(EmbeddedPostgres::withdraw);
    }

    private static void withdraw(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook runs: nothing is left for it to do.
        }
    }

    private void stopQuietly() {
        try {
            stopImmediate();
            if (settings.temporary()) {
                Directories.delete(directory.path());
            }
        } catch (EmbeddedPostgresException | IOException e) {
            System.err.println(e.getMessage());
        }
    }

    private void stop(DataDirectory.StopMode mode) {
        lock.lock();
        try {
            if (server.isPresent()) {
                server.get().stop(mode);
                server = Optional.empty();
                directory.forgetOwner();
            }
        } catch (IOException e) {
            throw new EmbeddedPostgresException("Cannot tidy " + directory.path() + ": " + e, e);
        } finally {
            lock.unlock();
        }
    }

    private void launch() throws IOException {
        int candidate = port != 0 ? port : freePort();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            ServerProcess started = ServerProcess.spawn(directory, candidate, settings.server());
            switch (started.await()) {
                case READY -> {
                    server = Optional.of(started);
                    port = candidate;
                    return;
                }
                case PORT_TAKEN -> {
                    if (settings.portChoice() == EmbeddedPostgresBuilder.PortChoice.EXACT) {
                        throw new EmbeddedPostgresException(
                                "Port " + candidate + " is taken by another program");
                    }
                    candidate = freePort();
                }
                case MEMORY_IN_USE -> Deadline.in(Duration.ZERO).pause(Duration.ofMillis(50));
                case FAILED -> {
                    started.process().destroy();
                    throw new EmbeddedPostgresException(
                            "PostgreSQL did not start:\n" + started.messages());
                }
            }
        }
        throw new EmbeddedPostgresException(
                "PostgreSQL did not start in " + ATTEMPTS + " attempts");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            return socket.getLocalPort();
        }
    }

    /// Outside the data directory, whose parent may not be writable.
    private Path lockFile() {
        UUID name =
                UUID.nameUUIDFromBytes(
                        directory.path().toString().getBytes(StandardCharsets.UTF_8));
        return settings.directories().cache().resolve("locks").resolve(name + ".lock");
    }
}
