package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Sources, buffers and triggers by SQL.
final class CaptureFunctionsTest extends DatabaseTest {
    private static final String HEALTH =
            "SELECT source_table, cdc_mode, alert FROM pgtrickle.check_cdc_health()";

    private static List<String> row(String... values) {
        return List.of(values);
    }

    private List<String> triggers(String condition) {
        return database
                .query(
                        "SELECT source_table || ' ' || regexp_replace(trigger_name, '[0-9]+', '') || ' ' || trigger_type"
                                + " FROM pgtrickle.trigger_inventory() WHERE "
                                + condition)
                .stream()
                .map(List::getFirst)
                .toList();
    }

    @Test
    void sourcesAreListedWithWhatIsReadOfThem() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, \"Odd, one\" int, unread text)",
                "CREATE VIEW w AS SELECT id FROM t",
                "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id");
        create("s", "SELECT id, \"Odd, one\" FROM t");
        create("u", "SELECT s.id FROM s JOIN w USING (id) JOIN m USING (id)");
        assertThat(
                        database.query(
                                "SELECT source_table, source_oid = source_table::regclass::oid::bigint, source_type, cdc_mode,"
                                        + " columns_used FROM pgtrickle.list_sources('s')"))
                .containsExactly(row("public.t", "t", "TABLE", "TRIGGER", "id, \"Odd, one\""));
        assertThat(
                        database.query(
                                "SELECT source_table, source_type, cdc_mode, columns_used FROM pgtrickle.list_sources('u')"))
                .containsExactly(
                        row("public.m", "MATVIEW", "POLLING", "id"),
                        row("public.s", "STREAM_TABLE", "null", "id"),
                        row("public.t", "TABLE", "TRIGGER", "id"),
                        row("public.w", "VIEW", "null", "null"));
        assertThat(
                        database.query(
                                "SELECT pgt_schema, pgt_name, source_relid::regclass, source_name, source_schema, cdc_mode"
                                        + " FROM pgtrickle.pgt_cdc_status ORDER BY pgt_name"))
                .containsExactly(
                        row("public", "s", "t", "t", "public", "TRIGGER"),
                        row("public", "u", "t", "t", "public", "TRIGGER"));
        assertThat(database.query(HEALTH))
                .containsExactly(
                        row("public.m", "POLLING", "null"), row("public.t", "TRIGGER", "null"));
        assertThat(
                        database.query(
                                "SELECT source_table, selective_capture FROM pgtrickle.check_cdc_health()"))
                .containsExactly(row("public.m", "f"), row("public.t", "t"));
        assertThat(database.query("SELECT * FROM pgtrickle.slot_health()")).isEmpty();
    }

    @Test
    void aRecomputedStreamTableCapturesNothing() {
        database.execute("CREATE TABLE t (id int)");
        tables.create(
                io.pgtrickle.runtime.api.StreamTableDefinition.of("f", "SELECT id FROM t")
                        .withMode(io.pgtrickle.runtime.api.RefreshMode.FULL));
        assertThat(database.query("SELECT source_table, cdc_mode FROM pgtrickle.list_sources('f')"))
                .containsExactly(row("public.t", "null"));
        assertThat(database.query("SELECT * FROM pgtrickle.change_buffer_sizes()")).isEmpty();
        assertThat(database.query("SELECT * FROM pgtrickle.trigger_inventory()")).isEmpty();
        assertThat(database.value("SELECT cdc_modes FROM pgtrickle.pg_stat_stream_tables"))
                .isEqualTo("{}");
    }

    @Test
    void pendingRowsAreThoseOfEachReader() {
        database.execute("CREATE TABLE t (id int PRIMARY KEY, v int)");
        create("a", "SELECT id, v FROM t");
        create("b", "SELECT count(*) AS n FROM t");
        create("c", "SELECT n FROM b");
        database.execute(
                "INSERT INTO t SELECT i, i FROM generate_series(1, 2500) i",
                "UPDATE t SET v = 0 WHERE id <= 10");
        String sizes =
                "SELECT stream_table, source_table, cdc_mode, pending_rows, buffer_bytes > 0"
                        + " FROM pgtrickle.change_buffer_sizes()";
        assertThat(database.query(sizes))
                .containsExactly(
                        row("public.a", "public.t", "TRIGGER", "2520", "t"),
                        row("public.b", "public.t", "TRIGGER", "2520", "t"),
                        row("public.c", "public.b", "null", "0", "t"));
        refresh("b");
        assertThat(database.query(sizes))
                .containsExactly(
                        row("public.a", "public.t", "TRIGGER", "2520", "t"),
                        row("public.b", "public.t", "TRIGGER", "0", "t"),
                        row("public.c", "public.b", "null", "2", "t"));
        assertThat(
                        database.query(
                                "SELECT source_table, consumer_count, consumers, columns_tracked, safe_frontier_lsn IS NOT NULL,"
                                        + " buffer_rows, is_partitioned FROM pgtrickle.shared_buffer_stats()"))
                .containsExactly(
                        row("public.b", "1", "public.c", "1", "t", "2", "f"),
                        row("public.t", "2", "public.a, public.b", "2", "t", "2520", "f"));
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET frontier = NULL WHERE pgt_name = 'a'");
        assertThat(database.query(sizes).getFirst().get(3)).isEqualTo("null");
        assertThat(
                        database.value(
                                "SELECT safe_frontier_lsn FROM pgtrickle.shared_buffer_stats() WHERE source_table = 'public.t'"))
                .isEqualTo("null");
    }

    @Test
    void aLargeBacklogIsAWarning() {
        database.execute("CREATE TABLE t (id int)");
        create("s", "SELECT id FROM t");
        database.execute("INSERT INTO t SELECT generate_series(1, 10001)");
        assertThat(
                        database.query(
                                "SELECT severity, detail FROM pgtrickle.health_check() WHERE check_name = 'buffer_growth'"))
                .containsExactly(
                        row(
                                "WARN",
                                "1 backlogs of more than 10000 rows: public.s from public.t (10001)"));
    }

    @Test
    void triggersThatAreMissingOrDisabledAreFound() {
        database.execute("CREATE TABLE t (id int)");
        create("s", "SELECT id FROM t");
        assertThat(triggers("present AND enabled"))
                .containsExactly(
                        "public.t pg_trickle_cdc_del_ DML",
                        "public.t pg_trickle_cdc_ins_ DML",
                        "public.t pg_trickle_cdc_trunc_ TRUNCATE",
                        "public.t pg_trickle_cdc_upd_ DML");
        String oid = database.value("SELECT 't'::regclass::oid");
        database.execute("ALTER TABLE t DISABLE TRIGGER pg_trickle_cdc_upd_" + oid);
        assertThat(triggers("present AND NOT enabled"))
                .containsExactly("public.t pg_trickle_cdc_upd_ DML");
        assertThat(database.query(HEALTH))
                .containsExactly(row("public.t", "TRIGGER", "trigger_disabled"));
        database.execute("DROP TRIGGER pg_trickle_cdc_trunc_" + oid + " ON t");
        assertThat(triggers("NOT present AND NOT enabled"))
                .containsExactly("public.t pg_trickle_cdc_trunc_ TRUNCATE");
        assertThat(database.query(HEALTH))
                .containsExactly(row("public.t", "TRIGGER", "trigger_missing"));
        assertThat(
                        database.query(
                                "SELECT severity, detail FROM pgtrickle.health_check() WHERE check_name = 'capture'"))
                .containsExactly(
                        row(
                                "ERROR",
                                "1 sources with a broken capture: public.t (trigger_missing)"));
        // A trigger of that name that calls something else does not capture.
        database.execute(
                "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER pg_trickle_cdc_trunc_"
                        + oid
                        + " AFTER TRUNCATE ON t EXECUTE FUNCTION nothing()");
        assertThat(triggers("NOT present"))
                .containsExactly("public.t pg_trickle_cdc_trunc_ TRUNCATE");
    }

    @Test
    void partitionsAndChildrenHaveTheirTriggers() {
        database.execute(
                "CREATE TABLE p (k int, v int) PARTITION BY LIST (k)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
                "CREATE TABLE parent (v int)",
                "CREATE TABLE child () INHERITS (parent)");
        create("s", "SELECT k, v FROM p");
        create("h", "SELECT v FROM parent");
        create("o", "SELECT v FROM ONLY parent");
        create("one", "SELECT v FROM p1");
        assertThat(triggers("NOT present OR NOT enabled")).isEmpty();
        assertThat(database.query(HEALTH).stream().map(List::getLast)).containsOnly("null");
        assertThat(triggers("source_table = 'public.p'"))
                .contains("public.p pg_trickle_cdc_move_ DML");
        assertThat(triggers("source_table = 'public.parent'"))
                .contains(
                        "public.parent pg_trickle_cdc_row_only_ DML",
                        "public.parent pg_trickle_cdc_ins_ DML");
        // Everything of ours that is on a table is in the inventory.
        assertThat(
                        database.query(
                                "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pg\\_trickle\\_cdc%' AND tgparentid = 0"
                                        + " AND (tgrelid, tgname::text) NOT IN (SELECT source_oid::oid, trigger_name"
                                        + " FROM pgtrickle.trigger_inventory())"))
                .isEmpty();
    }

    @Test
    void whatIsGoneIsNamed() {
        database.execute("CREATE TABLE t (id int)", "CREATE TABLE u (id int)");
        create("s", "SELECT id FROM t");
        create("r", "SELECT id FROM u");
        String oid = database.value("SELECT 't'::regclass::oid");
        String other = database.value("SELECT 'u'::regclass::oid");
        database.execute(
                "DROP EVENT TRIGGER pg_trickle_drop_tracker",
                "DROP TABLE t",
                "DROP TABLE pgtrickle_changes.changes_" + other + " CASCADE");
        assertThat(database.query(HEALTH))
                .containsExactly(
                        row(oid, "TRIGGER", "source_missing"),
                        row("public.u", "TRIGGER", "buffer_missing"));
        assertThat(
                        database.query(
                                "SELECT stream_table, pending_rows, buffer_bytes FROM pgtrickle.change_buffer_sizes()"))
                .contains(row("public.r", "null", "null"));
        assertThat(database.query("SELECT * FROM pgtrickle.health_check()")).hasSize(12);
        assertThat(database.query("SELECT * FROM pgtrickle.quick_health")).hasSize(1);
    }
}
