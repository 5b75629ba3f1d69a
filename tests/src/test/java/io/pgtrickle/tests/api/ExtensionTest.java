package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.catalog.ExtensionFiles;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.catalog.Release;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// `CREATE EXTENSION pg_trickle` is another way to the same installation.
final class ExtensionTest {
    private static final String OBJECTS =
            """
            SELECT 'function', oid::regprocedure::text, prosrc || coalesce(prosqlbody::text <> '', false)
                || coalesce(proacl::text, '') || prosecdef
            FROM pg_proc WHERE pronamespace IN ('pgtrickle'::regnamespace, 'pgtrickle_changes'::regnamespace)
            UNION ALL
            SELECT relkind::text, oid::regclass::text, coalesce(relacl::text, '')
                || (SELECT string_agg(attname || atttypid::regtype || attnotnull, ',' ORDER BY attnum)
                    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
            FROM pg_class c WHERE relnamespace IN ('pgtrickle'::regnamespace, 'pgtrickle_changes'::regnamespace)
            UNION ALL
            SELECT 'version', version, '' FROM pgtrickle.pgt_schema_version
            ORDER BY 1, 2
            """;

    private static final List<Path> files = new ArrayList<>();

    @BeforeAll
    static void writeFiles() throws IOException {
        // The newest is the default, unless the first is written after it.
        files.addAll(writeFiles(Versions.NEXT));
        files.addAll(writeFiles(Release.CURRENT));
    }

    /// Writes the files of a version where the server takes extensions from.
    static List<Path> writeFiles(Release release) throws IOException {
        try (TestDatabase database = TestServer.shared().emptyDatabase()) {
            String share = database.value("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'");
            Path directory = Path.of(share, "extension");
            assumeTrue(
                    Files.isWritable(directory),
                    "the extensions of the server of -Dpg.url cannot be written from here");
            return ExtensionFiles.write(release, directory);
        }
    }

    @AfterAll
    static void removeFiles() throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void itInstallsTheSame() {
        try (ApiDatabase plain = ApiDatabase.create();
                ApiDatabase extended = ApiDatabase.createExtension();
                Session first = plain.session();
                Session second = extended.session()) {
            plain.stopService();
            assertThat(normal(second.query(OBJECTS), extended.owner()))
                    .isEqualTo(normal(first.query(OBJECTS), plain.owner()));
            assertThat(
                            second.value(
                                    "SELECT extversion FROM pg_extension WHERE extname = 'pg_trickle'"))
                    .isEqualTo("0.1.0");
            assertThat(extended.streamTables().install()).isEqualTo("0.1.0");
        }
    }

    private static List<List<String>> normal(List<List<String>> rows, String owner) {
        return rows.stream()
                .map(row -> row.stream().map(it -> it.replace(owner, "owner")).toList())
                .toList();
    }

    @Test
    void theWholeLifeAndItsEnd() {
        try (ApiDatabase database = ApiDatabase.createExtension();
                Session session = database.session()) {
            UpgradeTest.populate(session);
            session.execute("SELECT pgtrickle.refresh_stream_table('totals')");
            assertThat(session.query("SELECT customer, total FROM totals ORDER BY 1"))
                    .containsExactly(List.of("1", "30"), List.of("2", "6"));
            database.stopService();
            assertThatThrownBy(() -> session.execute("DROP EXTENSION pg_trickle"))
                    .hasMessageContaining("other objects depend on it");
            session.execute("DROP EXTENSION pg_trickle CASCADE");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass"))
                    .isEqualTo("0");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pgtrickle%'"))
                    .isEqualTo("0");
            session.execute("INSERT INTO orders VALUES (9, 9, 9)");
            // The rows are the user's; the table is one like any other now.
            session.execute("DELETE FROM totals", "DROP TABLE totals");
        }
    }

    @Test
    void itIsUninstalledLikeAnInstallation() {
        try (ApiDatabase database = ApiDatabase.createExtension();
                Session session = database.session()) {
            UpgradeTest.populate(session);
            database.stopService();
            StreamTables tables = database.streamTables();
            tables.uninstall();
            assertThat(session.value("SELECT to_regclass('totals') IS NULL")).isEqualTo("t");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trickle'"))
                    .isEqualTo("0");
            tables.uninstall();
        }
    }

    @Test
    void itIsUpgradedInPlace() throws Exception {
        try (ApiDatabase database = ApiDatabase.createExtension();
                Session session = database.session()) {
            UpgradeTest.populate(session);
            session.execute("ALTER EXTENSION pg_trickle UPDATE TO '0.2.0'");
            UpgradeTest.goesOn(session);
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND objid = 'pgtrickle.pgt_notes'::regclass"))
                    .isEqualTo("1");
        }
    }

    @Test
    void theProgramUpgradesItToo() throws Exception {
        try (ApiDatabase database = ApiDatabase.createExtension();
                Session session = database.session()) {
            UpgradeTest.populate(session);
            Installer.install(JdbcSession.of(session.connection()), Versions.NEXT);
            UpgradeTest.goesOn(session);
            assertThat(
                            session.value(
                                    "SELECT extversion FROM pg_extension WHERE extname = 'pg_trickle'"))
                    .isEqualTo("0.2.0");
        }
    }
}
