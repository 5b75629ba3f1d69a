package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// Installs and removes the schemas of pg_trickle.
public final class Installer {
    /// The schema version this library works with.
    public static final String VERSION = "0.1.0";

    /// Serialises installations of one database.
    private static final long LOCK = 0x70677472_00000000L;

    /// What is installed, in this order: each file uses what the ones before it have made.
    private static final List<String> SCRIPTS =
            List.of(
                    "install.sql",
                    "coordination.sql",
                    "names.sql",
                    "settings_list.sql",
                    "settings.sql",
                    "status.sql",
                    "history.sql",
                    "capture.sql",
                    "graph.sql",
                    "health.sql",
                    "gates.sql",
                    "export.sql",
                    "advice.sql",
                    "roles.sql",
                    "calls.sql",
                    "functions.sql");

    private Installer() {}

    /// Installs the schemas unless they are there.
    ///
    /// @return the installed version
    public static String install(Session session) throws SQLException {
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    it.query(
                            "SELECT pg_advisory_xact_lock(?)::text", row -> row.getString(1), LOCK);
                    Optional<String> installed = installedVersion(it);
                    if (installed.isEmpty()) {
                        it.execute("SET LOCAL client_min_messages = warning");
                        // SQL-standard function bodies and views are resolved now.
                        it.execute("SET LOCAL search_path = pg_catalog, pg_temp");
                        for (String script : SCRIPTS) {
                            it.execute(whole(script(script)));
                        }
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
    public static Optional<String> installedVersion(Session session) throws SQLException {
        boolean present =
                session.first(
                                "SELECT to_regclass('pgtrickle.pgt_schema_version') IS NOT NULL",
                                row -> row.getBoolean(1))
                        .orElse(false);
        return present
                ? session.first(
                        "SELECT version FROM pgtrickle.pgt_schema_version ORDER BY applied_at DESC LIMIT 1",
                        row -> row.getString(1))
                : Optional.empty();
    }

    /// Fails clearly when pg_trickle is not installed.
    public static void requireInstalled(Session session) throws SQLException {
        Optional<String> version = installedVersion(session);
        if (version.isEmpty()) {
            throw PgTrickleException.of("3F000", "pg_trickle is not installed in this database")
                    .detail("The schema pgtrickle does not exist.")
                    .hint("Run \"pgtrickle install\" once.")
                    .build();
        }
        requireCurrent(version.get());
    }

    /// Removes the schemas. Stream tables and triggers must be gone.
    public static void dropSchemas(Session session) throws SQLException {
        session.execute("SET LOCAL client_min_messages = warning");
        session.execute("DROP SCHEMA IF EXISTS pgtrickle_owned CASCADE");
        session.execute("DROP SCHEMA IF EXISTS pgtrickle_changes CASCADE");
        session.execute("DROP SCHEMA IF EXISTS pgtrickle CASCADE");
    }

    /// One statement that runs a script. The driver would split it, and mistake the ends of
    /// SQL-standard function bodies.
    private static String whole(String script) {
        return "DO $pgt_install$ BEGIN EXECUTE $pgt_script$"
                + script
                + "$pgt_script$; END $pgt_install$";
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
