package io.pgtrickle.tests.postgres;

import io.pgtrickle.cli.embedded.EmbeddedPostgres;
import io.pgtrickle.runtime.api.StreamTables;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.ds.PGSimpleDataSource;

/// The PostgreSQL server of this JVM: an embedded one, or the one of `-Dpg.url=`. Thread-safe.
public final class TestServer {
    private static final Pattern DATABASE =
            Pattern.compile("(jdbc:postgresql://[^/]*/)([^?]*)(.*)");
    private static final Map<String, String> SETTINGS =
            Map.of(
                    "fsync", "off",
                    "synchronous_commit", "off",
                    "full_page_writes", "off",
                    "max_connections", "150",
                    "max_prepared_transactions", "10",
                    "autovacuum_naptime", "10s",
                    "lc_messages", "C");

    private final String url;
    private final String template;
    private final AtomicInteger databases = new AtomicInteger();

    private TestServer(String url) {
        this.url = url;
        this.template = "pgt_template_" + ProcessHandle.current().pid();
        create(template, "template1");
        StreamTables.on(dataSource(template)).install();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drop(template), "drop-template"));
    }

    private static final class Holder {
        private static final TestServer SHARED = new TestServer(url());

        private static String url() {
            String own = System.getProperty("pg.url", "");
            return own.isEmpty()
                    ? EmbeddedPostgres.builder()
                            .temporaryDataDirectory(Path.of("target"))
                            .port(0)
                            .settings(SETTINGS)
                            .start()
                            .jdbcUrl("postgres")
                    : own;
        }
    }

    /// The server of this JVM, started on first use and stopped at its end.
    public static TestServer shared() {
        return Holder.SHARED;
    }

    /// The settings of a test server, which may lose everything in a crash of the machine.
    public static Map<String, String> settings() {
        return SETTINGS;
    }

    /// A database with pg_trickle installed. Changes are applied in it whatever that costs, so that
    /// no test depends on times, unless one wants it otherwise: [TestDatabase#weighingCosts].
    public TestDatabase database() {
        TestDatabase database = database(template);
        execute(
                "ALTER DATABASE "
                        + database.name()
                        + " SET pg_trickle.refresh_strategy = 'differential'");
        return database;
    }

    /// A database without pg_trickle.
    public TestDatabase emptyDatabase() {
        return database("template1");
    }

    private TestDatabase database(String model) {
        String name = "pgt_" + ProcessHandle.current().pid() + "_" + databases.incrementAndGet();
        create(name, model);
        return new TestDatabase(this, name);
    }

    /// The JDBC URL of a database.
    public String url(String database) {
        Matcher parts = DATABASE.matcher(url);
        if (!parts.matches()) {
            throw new IllegalStateException("not a JDBC URL of PostgreSQL with a database: " + url);
        }
        return parts.group(1) + database + parts.group(3);
    }

    PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url(database));
        return source;
    }

    private synchronized void create(String name, String model) {
        execute("CREATE DATABASE " + name + " TEMPLATE " + model);
    }

    void drop(String name) {
        try {
            execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
        } catch (IllegalStateException _) {
            // The server may be gone already, at the end.
        }
    }

    private void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql + ": " + e.getMessage(), e);
        }
    }
}
