package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/// Installs and removes the schemas of pg_trickle.
public final class Installer {
    /// The schema version this library works with.
    public static final String VERSION = "0.1.0";

    /// Serialises installations of one database.
    private static final long LOCK = 0x70677472_00000000L;

    private Installer() {}

    /// Installs the schemas unless they are there.
    ///
    /// @return the installed version
    public static String install(Connection connection) throws SQLException {
        return Sql.inTransaction(
                connection,
                Sql.Isolation.READ_COMMITTED,
                it -> {
                    Sql.query(
                            it,
                            "SELECT pg_advisory_xact_lock(?)::text",
                            row -> row.getString(1),
                            LOCK);
                    Optional<String> installed = installedVersion(it);
                    if (installed.isEmpty()) {
                        Sql.execute(it, "SET LOCAL client_min_messages = warning");
                        Sql.execute(it, script("install.sql"));
                    }
                    return requireCurrent(installed.orElse(VERSION));
                });
    }

    private static String requireCurrent(String version) {
        if (!version.equals(VERSION)) {
            throw PgTrickleException.of(
                            "55000", "pg_trickle " + version + " is installed in this database")
                    .detail("This program works with version " + VERSION + ".")
                    .hint("Use the program of that version.")
                    .build();
        }
        return version;
    }

    /// The installed version, empty when pg_trickle is not installed.
    public static Optional<String> installedVersion(Connection connection) throws SQLException {
        boolean present =
                Sql.first(
                                connection,
                                "SELECT to_regclass('pgtrickle.pgt_schema_version') IS NOT NULL",
                                row -> row.getBoolean(1))
                        .orElse(false);
        return present
                ? Sql.first(
                        connection,
                        "SELECT version FROM pgtrickle.pgt_schema_version ORDER BY applied_at DESC LIMIT 1",
                        row -> row.getString(1))
                : Optional.empty();
    }

    /// Fails clearly when pg_trickle is not installed.
    public static void requireInstalled(Connection connection) throws SQLException {
        Optional<String> version = installedVersion(connection);
        if (version.isEmpty()) {
            throw PgTrickleException.of("3F000", "pg_trickle is not installed in this database")
                    .detail("The schema pgtrickle does not exist.")
                    .hint("Run \"pgtrickle install\" once.")
                    .build();
        }
        requireCurrent(version.get());
    }

    /// Removes the schemas. Stream tables and triggers must be gone.
    public static void dropSchemas(Connection connection) throws SQLException {
        Sql.execute(connection, "SET LOCAL client_min_messages = warning");
        Sql.execute(connection, "DROP SCHEMA IF EXISTS pgtrickle_changes CASCADE");
        Sql.execute(connection, "DROP SCHEMA IF EXISTS pgtrickle CASCADE");
    }

    private static String script(String name) {
        try (InputStream stream =
                Installer.class.getResourceAsStream("/io/pgtrickle/runtime/sql/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("missing resource " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
