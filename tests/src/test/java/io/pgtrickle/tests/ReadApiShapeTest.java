package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/// Names, parameters, defaults and columns of what reads: scripts and dashboards depend on them.
final class ReadApiShapeTest extends DatabaseTest {

    private static List<String> expected(String resource) throws IOException {
        try (InputStream stream = ReadApiShapeTest.class.getResourceAsStream("/api/" + resource)) {
            return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("--"))
                    .toList();
        }
    }

    @Test
    void functionsAreAsTheyShouldBe() throws IOException {
        List<String> functions =
                database
                        .query(
                                "SELECT proname || '(' || pg_get_function_arguments(oid) || ') ' || pg_get_function_result(oid)"
                                        + " FROM pg_proc WHERE pronamespace = 'pgtrickle'::regnamespace")
                        .stream()
                        .map(List::getFirst)
                        .toList();
        assertThat(functions).containsAll(expected("read_functions.txt"));
    }

    @Test
    void relationsAreAsTheyShouldBe() throws IOException {
        List<String> relations =
                database
                        .query(
                                "SELECT relname || ' ' || string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', '"
                                        + " ORDER BY attnum) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                                        + " AND attnum > 0 WHERE relnamespace = 'pgtrickle'::regnamespace"
                                        + " AND relkind IN ('r', 'v') GROUP BY relname")
                        .stream()
                        .map(List::getFirst)
                        .toList();
        assertThat(relations).containsAll(expected("read_relations.txt"));
    }

    @Test
    void theCatalogsViewsHaveAllOfItsColumns() {
        String columns =
                "SELECT array_to_string(array_agg(attname ORDER BY attnum), ' ') FROM pg_attribute"
                        + " WHERE attrelid = 'pgtrickle.%s'::regclass AND attnum > 0";
        String catalog = database.value(columns.formatted("pgt_stream_tables"));
        assertThat(database.value(columns.formatted("readable_stream_tables"))).isEqualTo(catalog);
        assertThat(database.value(columns.formatted("stream_tables_info")))
                .isEqualTo(catalog + " staleness stale is_topk");
    }

    @Test
    void everyFunctionOfOursIsSafeFromTheCallersSearchPath() {
        // A body that is resolved when it runs, under a path that the caller chooses, is not,
        // unless
        // it qualifies every name, as the two do that work under that path on purpose.
        assertThat(
                        database.query(
                                "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pgtrickle'::regnamespace"
                                        + " AND prosqlbody IS NULL AND proname NOT IN ('_set', 'write_and_refresh')"
                                        + " AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)"))
                .isEmpty();
    }

    @Test
    void onlyWhatMustHasTheRightsOfTheOwner() {
        assertThat(
                        database.value(
                                "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc"
                                        + " WHERE pronamespace = 'pgtrickle'::regnamespace AND prosecdef"))
                .isEqualTo(
                        "_admit _may_use _on_ddl_end _on_sql_drop _perform backlog buffers guard outdated pending_changes");
    }

    @Test
    void theVersionIsThatOfTheLibrary() {
        assertThat(database.value("SELECT pgtrickle.version()")).isEqualTo(Installer.VERSION);
        assertThat(database.value("SELECT pgtrickle.version_check()::json ->> 'version_match'"))
                .isEqualTo("true");
        database.execute(
                "UPDATE pgtrickle.pgt_schema_version SET version = '0.0.9', applied_at = now()");
        assertThat(
                        database.query(
                                "SELECT v ->> 'library_version', v ->> 'extension_version', v ->> 'version_match',"
                                        + " v ->> 'pg_version' = current_setting('server_version')"
                                        + " FROM (SELECT pgtrickle.version_check()::json AS v) c"))
                .isEqualTo(List.of(List.of(Installer.VERSION, "0.0.9", "false", "t")));
    }

    @Test
    void anOwnerOfTheDatabaseWithoutOtherRightsCanInstallAndLook() throws SQLException {
        String role = "owner_" + database.name();
        try (TestDatabase empty = TestServer.shared().emptyDatabase()) {
            database.execute("CREATE ROLE " + role + " LOGIN");
            empty.execute("ALTER DATABASE " + empty.name() + " OWNER TO " + role);
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setURL(empty.url());
            source.setUser(role);
            StreamTables owned = StreamTables.on(source);
            owned.install();
            try (Session session = new Session(source.getConnection())) {
                assertThat(session.value("SELECT status FROM pgtrickle.quick_health"))
                        .isEqualTo("EMPTY");
                session.execute(
                        "CREATE SCHEMA own",
                        "CREATE TABLE own.t (id int)",
                        "SET search_path = own");
                owned.create(
                        StreamTableDefinition.of("own.s", "SELECT id FROM own.t")
                                .withSchedule("1s"));
                session.execute("INSERT INTO t VALUES (1)");
                assertThat(
                                session.value(
                                        "SELECT pending_rows FROM pgtrickle.change_buffer_sizes()"))
                        .isEqualTo("1");
                assertThat(
                                session.query(
                                        "SELECT check_name FROM pgtrickle.health_check() WHERE severity = 'ERROR'"))
                        .containsExactly(List.of("scheduler_running"));
                assertThat(session.value("SELECT pgtrickle.export_definition('s')"))
                        .contains("own.t");
                assertThat(session.value("SELECT bool_and(valid) FROM pgtrickle.settings()"))
                        .isEqualTo("t");
            }
        } finally {
            database.execute("DROP ROLE " + role);
        }
    }
}
