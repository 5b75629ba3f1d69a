package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who sees what, and that nobody's search path changes it.
final class ReadApiPrivilegesTest extends DatabaseTest {
    private final String reader = "reader_" + database.name();

    /// Everything that takes no name, without the columns that move with the clock.
    private static final List<String> READS =
            List.of(
                    "SELECT name, status, refresh_mode, schedule, data_timestamp FROM pgtrickle.pgt_status()",
                    "SELECT pgt_name, total_refreshes, failed_refreshes, last_refresh_status, stale, avg_duration_ms"
                            + " FROM pgtrickle.st_refresh_stats()",
                    "SELECT pgt_id, pgt_name, status, stale, last_action, cdc_modes FROM pgtrickle.pg_stat_stream_tables"
                            + " ORDER BY pgt_id",
                    "SELECT pgt_id, pgt_name, status, frontier, stale, is_topk FROM pgtrickle.stream_tables_info ORDER BY pgt_id",
                    "SELECT start_time, stream_table, action, status, duration_ms FROM pgtrickle.refresh_timeline()",
                    "SELECT * FROM pgtrickle.refresh_efficiency()",
                    "SELECT * FROM pgtrickle.change_buffer_sizes()",
                    "SELECT * FROM pgtrickle.shared_buffer_stats()",
                    "SELECT * FROM pgtrickle.trigger_inventory()",
                    "SELECT * FROM pgtrickle.check_cdc_health()",
                    "SELECT * FROM pgtrickle.slot_health()",
                    "SELECT * FROM pgtrickle.pgt_cdc_status ORDER BY pgt_name, source_relid",
                    "SELECT * FROM pgtrickle.dependency_tree()",
                    "SELECT * FROM pgtrickle.diamond_groups()",
                    "SELECT * FROM pgtrickle.pgt_scc_status()",
                    "SELECT * FROM pgtrickle.health_check()",
                    "SELECT total_stream_tables, active_count, stale_count, scheduler_status FROM pgtrickle.health_summary()",
                    "SELECT * FROM pgtrickle.quick_health",
                    "SELECT pgt_name, recommended_mode, confidence FROM pgtrickle.recommend_refresh_mode()",
                    "SELECT * FROM pgtrickle.source_gates()",
                    "SELECT source_table, affected_stream_tables FROM pgtrickle.bootstrap_gate_status()",
                    "SELECT * FROM pgtrickle.watermarks()",
                    "SELECT * FROM pgtrickle.watermark_groups()",
                    "SELECT * FROM pgtrickle.watermark_status()",
                    "SELECT * FROM pgtrickle.refresh_groups()",
                    "SELECT * FROM pgtrickle.fuse_status()",
                    "SELECT * FROM pgtrickle.parallel_job_status()",
                    "SELECT * FROM pgtrickle.settings()",
                    "SELECT pgtrickle.setting('enabled'), pgtrickle.version(), pgtrickle.version_check()",
                    "SELECT refresh_id, action, status, duration_ms FROM pgtrickle.get_refresh_history('public.s')",
                    "SELECT * FROM pgtrickle.list_sources('public.s')",
                    "SELECT * FROM pgtrickle.list_auxiliary_columns('public.s')",
                    "SELECT event_time, error_type, remediation FROM pgtrickle.diagnose_errors('public.s')",
                    "SELECT configured_mode, effective_mode FROM pgtrickle.explain_refresh_mode('public.s')",
                    "SELECT pgtrickle.st_auto_threshold('public.s'), pgtrickle.get_staleness('public.s') > 0",
                    "SELECT pgt_id, pgt_name, status, schedule FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id",
                    "SELECT refresh_id, pgt_id, action, status FROM pgtrickle.pgt_refresh_history ORDER BY 1",
                    "SELECT * FROM pgtrickle.pgt_dependencies ORDER BY pgt_id, source_relid");

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE ROLE " + reader,
                "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                "CREATE TABLE t (id int, v int)",
                "INSERT INTO t VALUES (1, 1)");
        create("s", "SELECT id, 'secret' AS word, 10 / v AS q FROM t");
        create("r", "SELECT id FROM s");
        create("u", "SELECT sum(v) AS v FROM t");
        database.execute(
                "INSERT INTO pgtrickle.pgt_source_gates (source_relid, gated_by) VALUES ('t'::regclass, 'me')",
                "INSERT INTO pgtrickle.pgt_watermarks (source_relid, watermark) VALUES ('t'::regclass, now())",
                "INSERT INTO t VALUES (2, 0)");
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("division by zero");
    }

    @AfterEach
    void dropRole() {
        database.execute("DROP OWNED BY " + reader, "DROP ROLE " + reader);
    }

    private Session as(String role) {
        Session session = database.session();
        session.execute("SET SESSION AUTHORIZATION " + role);
        return session;
    }

    private static List<List<List<String>>> everything(Session session) {
        List<List<List<String>>> all = new ArrayList<>();
        READS.forEach(sql -> all.add(session.query(sql)));
        return all;
    }

    @Test
    void aRoleWithoutAnyRightSeesTheStatus() {
        try (Session owner = database.session();
                Session session = as(reader)) {
            List<List<List<String>>> seen = everything(session);
            List<List<List<String>>> all = everything(owner);
            for (int i = 0; i < READS.size(); i++) {
                assertThat(seen.get(i)).as(READS.get(i)).isEqualTo(all.get(i));
            }
        }
    }

    @Test
    void queriesAndMessagesAreForThoseWhoMayReadTheStreamTable() {
        String texts =
                "SELECT (SELECT defining_query IS NULL AND original_query IS NULL AND last_error_message IS NULL"
                        + " FROM pgtrickle.stream_tables_info WHERE pgt_name = 's'),"
                        + " (SELECT error_message IS NULL FROM pgtrickle.refresh_timeline(1)),"
                        + " (SELECT error_message IS NULL FROM pgtrickle.diagnose_errors('public.s')),"
                        + " (SELECT last_error_message IS NULL FROM pgtrickle.st_refresh_stats() WHERE pgt_name = 's')";
        try (Session session = as(reader)) {
            assertThat(session.query(texts)).containsExactly(List.of("t", "t", "t", "t"));
            assertThatThrownBy(
                            () -> session.value("SELECT pgtrickle.export_definition('public.s')"))
                    .hasMessageContaining("permission denied for stream table public.s");
            database.execute("GRANT SELECT ON s TO " + reader);
            // The schema is still closed.
            assertThat(session.query(texts)).containsExactly(List.of("t", "t", "t", "t"));
            database.execute("GRANT USAGE ON SCHEMA public TO " + reader);
            assertThat(session.query(texts)).containsExactly(List.of("f", "f", "f", "f"));
            assertThat(session.value("SELECT pgtrickle.export_definition('s')")).contains("secret");
            // Messages can show rows that a policy hides.
            database.execute("ALTER TABLE s ENABLE ROW LEVEL SECURITY");
            assertThat(session.query(texts)).containsExactly(List.of("f", "t", "t", "t"));
            // A role that is taken counts, not the one that has logged in.
            session.execute("RESET SESSION AUTHORIZATION", "SET ROLE " + reader);
            assertThat(session.query(texts)).containsExactly(List.of("f", "t", "t", "t"));
        }
    }

    @Test
    void theCatalogsOwnColumnsWithQueriesAndMessagesAreClosed() {
        try (Session session = as(reader)) {
            for (String sql :
                    List.of(
                            "SELECT defining_query FROM pgtrickle.pgt_stream_tables",
                            "SELECT original_query FROM pgtrickle.pgt_stream_tables",
                            "SELECT last_error_message FROM pgtrickle.pgt_stream_tables",
                            "SELECT full_reason FROM pgtrickle.pgt_stream_tables",
                            "SELECT error_message FROM pgtrickle.pgt_refresh_history",
                            "SELECT outcome_detail FROM pgtrickle.pgt_scheduler_jobs",
                            "SELECT * FROM pgtrickle_changes.wake",
                            "SELECT * FROM pgtrickle_changes.changes_"
                                    + database.value("SELECT 't'::regclass::oid"),
                            "SELECT * FROM pgtrickle.pending_changes()",
                            "UPDATE pgtrickle.pgt_stream_tables SET status = 'ACTIVE'",
                            "UPDATE pgtrickle.readable_stream_tables SET status = 'ACTIVE'",
                            "DELETE FROM pgtrickle.pgt_source_gates",
                            "INSERT INTO pgtrickle.pgt_watermarks VALUES (1, now())",
                            "CREATE FUNCTION pgtrickle.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")) {
                assertThatThrownBy(() -> session.query(sql))
                        .as(sql)
                        .hasMessageContaining("permission denied");
            }
        }
    }

    @Test
    void aHostileSchemaInFrontChangesNothing() {
        List<List<List<String>>> expected;
        try (Session session = database.session()) {
            expected = everything(session);
            session.execute(
                    "CREATE SCHEMA hostile",
                    "CREATE TABLE hostile.pgt_stream_tables AS SELECT 1 AS pgt_id",
                    "CREATE TABLE hostile.pg_class AS SELECT 1 AS oid",
                    "CREATE TABLE hostile.pg_namespace AS SELECT 1 AS oid",
                    "CREATE TABLE hostile.pg_locks AS SELECT 1 AS pid",
                    "CREATE TABLE hostile.pg_trigger AS SELECT 1 AS oid",
                    "CREATE DOMAIN hostile.text AS pg_catalog.int4",
                    "CREATE DOMAIN hostile.name AS pg_catalog.int4",
                    "CREATE FUNCTION hostile.format(text, text, text) RETURNS text LANGUAGE sql AS $$SELECT 'stolen'::pg_catalog.text$$",
                    "CREATE FUNCTION hostile.format(text, name, name) RETURNS text LANGUAGE sql AS $$SELECT 'stolen'::pg_catalog.text$$",
                    "CREATE FUNCTION hostile.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'stolen'::pg_catalog.text$$",
                    "CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT 'infinity'::pg_catalog.timestamptz$$",
                    "CREATE FUNCTION hostile.has_table_privilege(oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
                    "CREATE FUNCTION hostile.lower(text) RETURNS text LANGUAGE sql AS $$SELECT 'stolen'::pg_catalog.text$$",
                    "CREATE FUNCTION hostile.never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
                    "CREATE FUNCTION hostile.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
                    "CREATE FUNCTION hostile.never(pg_catalog.text, pg_catalog.text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
                    "CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = hostile.never)",
                    "CREATE OPERATOR hostile.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.never)",
                    "CREATE OPERATOR hostile.= (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = hostile.never)",
                    "SET search_path = hostile, pg_temp, pg_catalog");
            session.execute(
                    "CREATE TEMPORARY TABLE pgt_dependencies (v int)",
                    "CREATE TEMPORARY TABLE pg_attribute (v int)");
            assertThat(
                            session.query(
                                    "SELECT format('%s', 'a'::pg_catalog.text, 'b'::pg_catalog.text), 1::bigint = 1::bigint"))
                    .containsExactly(List.of("stolen", "f"));
            List<List<List<String>>> seen = everything(session);
            for (int i = 0; i < READS.size(); i++) {
                assertThat(seen.get(i)).as(READS.get(i)).isEqualTo(expected.get(i));
            }
        }
    }

    @Test
    void installingUnderAHostilePathChangesNothing() throws Exception {
        try (var empty = io.pgtrickle.tests.postgres.TestServer.shared().emptyDatabase();
                Session session = empty.session()) {
            session.execute(
                    "CREATE SCHEMA hostile",
                    "CREATE FUNCTION hostile.format(text, text, text) RETURNS text LANGUAGE sql AS $$SELECT 'stolen'$$",
                    "CREATE FUNCTION hostile.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
                    "CREATE OPERATOR hostile.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.never)",
                    "SET search_path = hostile, pg_catalog");
            io.pgtrickle.runtime.catalog.Installer.install(
                    io.pgtrickle.runtime.session.JdbcSession.of(session.connection()));
            assertThat(
                            session.value(
                                    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend d WHERE d.refobjid IN ("
                                            + "SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace ="
                                            + " 'hostile'::pg_catalog.regnamespace) AND d.classid ="
                                            + " 'pg_catalog.pg_proc'::pg_catalog.regclass"))
                    .isEqualTo("0");
        }
    }
}
