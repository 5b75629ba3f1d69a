package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
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
    static final List<String> SCRIPTS =
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
                    "holdback.sql",
                    "gates.sql",
                    "export.sql",
                    "advice.sql",
                    "roles.sql",
                    "calls.sql",
                    "gating.sql",
                    "functions.sql",
                    "watched.sql",
                    "ddl.sql",
                    "immediate.sql",
                    "transfer.sql",
                    "hash.sql",
                    "health.sql");

    /// The steps from older versions, files `upgrade/pg_trickle--FROM--TO.sql`. There is none yet.
    static final List<String> STEPS = List.of();

    private Installer() {}

    /// Installs the schemas, or brings those of an older version to this one. Stream tables keep
    /// their rows and go on.
    ///
    /// @return the installed version
    public static String install(Session session) throws SQLException {
        return install(session, Release.CURRENT);
    }

    /// The same with another version than this library's.
    public static String install(Session session, Release release) throws SQLException {
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    it.query(
                            "SELECT pg_advisory_xact_lock(?)::text", row -> row.getString(1), LOCK);
                    Optional<String> installed = installedVersion(it);
                    if (installed.isEmpty()) {
                        run(it, release.scripts());
                    } else if (!installed.get().equals(release.version())) {
                        upgrade(it, installed.get(), release);
                    }
                    return release.version();
                });
    }

    private static void run(Session session, List<String> scripts) throws SQLException {
        session.execute("SET LOCAL client_min_messages = warning");
        // SQL-standard function bodies and views are resolved now.
        session.execute("SET LOCAL search_path = pg_catalog, pg_temp");
        for (String script : scripts) {
            session.execute(whole(script));
        }
    }

    private static void upgrade(Session session, String from, Release release) throws SQLException {
        if (isExtension(session)) {
            session.execute(
                    "ALTER EXTENSION "
                            + ExtensionFiles.NAME
                            + " UPDATE TO '"
                            + release.version()
                            + "'");
        } else {
            run(session, release.upgrade(from));
        }
    }

    /// Whether it was installed by CREATE EXTENSION.
    public static boolean isExtension(Session session) throws SQLException {
        return session.one(
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = '"
                        + ExtensionFiles.NAME
                        + "')",
                row -> row.getBoolean(1));
    }

    private static String requireCurrent(String version, boolean extension) {
        if (!version.equals(VERSION)) {
            throw PgTrickleException.of(
                            "55000", "pg_trickle " + version + " is installed in this database")
                    .detail("This program works with version " + VERSION + ".")
                    .hint(
                            Release.CURRENT.predecessors().contains(version)
                                    ? "Run "
                                            + (extension
                                                    ? "ALTER EXTENSION pg_trickle UPDATE"
                                                    : "\"pgtrickle install\"")
                                            + " to upgrade it, or use the program of that version."
                                    : "Use the program of that version.")
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
                        "SELECT version FROM pgtrickle.pgt_schema_version ORDER BY applied_at DESC, version DESC LIMIT 1",
                        row -> row.getString(1))
                : Optional.empty();
    }

    /// Fails clearly when pg_trickle is not installed.
    public static void requireInstalled(Session session) throws SQLException {
        Optional<String> version = installedVersion(session);
        if (version.isEmpty()) {
            throw PgTrickleException.of("3F000", "pg_trickle is not installed in this database")
                    .detail("The schema pgtrickle does not exist.")
                    .hint("Run \"pgtrickle install\" once, or CREATE EXTENSION pg_trickle.")
                    .build();
        }
        requireCurrent(version.get(), isExtension(session));
        takeOver(session);
    }

    /// Makes the stream tables of a dump that was restored those of this database.
    private static void takeOver(Session session) throws SQLException {
        if (session.one("SELECT pgtrickle.is_restored()", row -> row.getBoolean(1))) {
            session.execute("SELECT pgtrickle.restore_stream_tables()");
        }
    }

    /// Removes the schemas. Stream tables and triggers must be gone.
    public static void dropSchemas(Session session) throws SQLException {
        session.execute("SET LOCAL client_min_messages = warning");
        session.execute("DROP EXTENSION IF EXISTS " + ExtensionFiles.NAME + " CASCADE");
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
}
