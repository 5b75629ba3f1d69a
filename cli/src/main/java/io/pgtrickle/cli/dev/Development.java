package io.pgtrickle.cli.dev;

import io.pgtrickle.cli.connect.DevInstances;
import io.pgtrickle.cli.embedded.EmbeddedPostgres;
import io.pgtrickle.cli.embedded.EmbeddedPostgresBuilder;
import io.pgtrickle.cli.embedded.EmbeddedPostgresException;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.server.Service;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A development instance in the foreground: PostgreSQL, pg_trickle in its database `pgtrickle`,
/// and the service.
///
/// @param out where the ready-to-paste lines go
/// @param dataDirectory where the data stays, empty for the default
/// @param port where PostgreSQL listens, empty for the default
/// @param workers refreshes that may run at the same time
public record Development(
        PrintWriter out, Optional<Path> dataDirectory, Optional<Integer> port, int workers) {
    private static final Logger log = LoggerFactory.getLogger(Development.class);
    private static final String DATABASE = "pgtrickle";
    private static final int DEFAULT_PORT = 54_329;

    /// What the database starts with.
    public enum Content {
        NOTHING,
        DEMO
    }

    /// Runs until the JVM is told to end, then stops the service first and PostgreSQL last.
    ///
    /// @throws EmbeddedPostgresException when PostgreSQL cannot start, or stops by itself
    public void run(Content content) throws SQLException {
        try (Shutdown shutdown = Shutdown.atExit()) {
            EmbeddedPostgres postgres =
                    shutdown.open(() -> announcingStop(server().start())).postgres();
            log.info(
                    "PostgreSQL {} listens on 127.0.0.1:{}",
                    postgres.version().text(),
                    postgres.port());
            createDatabase(postgres);
            StreamTables tables = StreamTables.on(postgres.dataSource(DATABASE));
            log.info("pg_trickle {} is installed in database {}", tables.install(), DATABASE);
            String url = postgres.jdbcUrl(DATABASE);
            Service service =
                    shutdown.open(
                            () -> Service.start(new Service.Config(url, "postgres", "", workers)));
            shutdown.open(() -> deleted(DevInstances.standard().announce(url)));
            if (!service.awaitLeadership(Duration.ofMinutes(1))) {
                log.warn("The service does not lead yet: does another one serve this database?");
            }
            printConnections(postgres);
            if (content == Content.DEMO) {
                shutdown.open(() -> Demo.start(postgres.dataSource(DATABASE), tables, out));
            }
            awaitEnd(shutdown, postgres);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The server, whose stop is worth a line.
    private record Running(EmbeddedPostgres postgres) implements AutoCloseable {
        @Override
        public void close() {
            log.info("Stopping PostgreSQL");
            postgres.close();
            log.info("Stopped; the data stays in {}", postgres.dataDirectory());
        }
    }

    private static Running announcingStop(EmbeddedPostgres postgres) {
        return new Running(postgres);
    }

    private EmbeddedPostgresBuilder server() {
        EmbeddedPostgresBuilder builder = EmbeddedPostgres.builder().stoppedByCaller();
        dataDirectory.ifPresent(builder::dataDirectory);
        port.ifPresentOrElse(builder::port, () -> builder.preferredPort(DEFAULT_PORT));
        return builder;
    }

    private static AutoCloseable deleted(Path file) {
        return () -> Files.deleteIfExists(file);
    }

    private static void createDatabase(EmbeddedPostgres postgres) throws SQLException {
        try (Connection connection = postgres.dataSource("postgres").getConnection();
                Statement statement = connection.createStatement();
                ResultSet found =
                        statement.executeQuery(
                                "SELECT FROM pg_database WHERE datname = 'pgtrickle'")) {
            if (!found.next()) {
                statement.execute("CREATE DATABASE pgtrickle");
            }
        }
        try (Connection connection = postgres.dataSource(DATABASE).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE EXTENSION IF NOT EXISTS dblink");
        }
    }

    private void printConnections(EmbeddedPostgres postgres) {
        out.println();
        out.println("pg_trickle is live. Stop it with Ctrl-C.");
        out.println();
        out.println(
                "  psql   psql -h 127.0.0.1 -p " + postgres.port() + " -U postgres " + DATABASE);
        out.println("  JDBC   " + postgres.jdbcUrl(DATABASE));
        out.println("  data   " + postgres.dataDirectory());
        out.println();
        out.println("In another terminal, without any --url:  ./pgtrickle list");
        out.println();
        out.flush();
    }

    private static void awaitEnd(Shutdown shutdown, EmbeddedPostgres postgres)
            throws InterruptedException {
        while (!shutdown.await(Duration.ofSeconds(1))) {
            if (!postgres.isRunning() && !shutdown.await(Duration.ofSeconds(1))) {
                throw new EmbeddedPostgresException(
                        "PostgreSQL has stopped by itself; see " + postgres.logFile());
            }
        }
    }
}
