package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The state of stream tables by SQL.
final class StatusFunctionsTest extends DatabaseTest {
    private static final String STALE =
            "SELECT pgt_name, stale FROM pgtrickle.%s ORDER BY pgt_name";

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, g int, v int)",
                "INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 9) i");
    }

    private static List<String> row(String... values) {
        return List.of(values);
    }

    @Test
    void theStatusHasARowForEachStreamTable() {
        create("b", "SELECT g, sum(v) AS total FROM t GROUP BY g");
        tables.create(
                StreamTableDefinition.of("a", "SELECT g, max(now()::text) AS m FROM t GROUP BY g")
                        .withMode(RefreshMode.FULL)
                        .withSchedule("30s"));
        assertThat(
                        database.query(
                                "SELECT name, status, refresh_mode, is_populated, consecutive_errors, schedule,"
                                        + " data_timestamp IS NOT NULL, staleness BETWEEN '0' AND '1 min', scc_id"
                                        + " FROM pgtrickle.pgt_status()"))
                .containsExactly(
                        row("public.a", "ACTIVE", "FULL", "t", "0", "30s", "t", "t", "null"),
                        row(
                                "public.b",
                                "ACTIVE",
                                "DIFFERENTIAL",
                                "t",
                                "0",
                                "null",
                                "t",
                                "t",
                                "null"));
    }

    @Test
    void stalenessIsTheAgeOfTheContents() {
        create("s", "SELECT id FROM t");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET data_timestamp = now() - interval '1 hour'");
        assertThat(database.value("SELECT round(pgtrickle.get_staleness('s') / 60)"))
                .isEqualTo("60");
        assertThat(database.value("SELECT pgtrickle.get_staleness('nobody')")).isEqualTo("null");
        database.execute("UPDATE pgtrickle.pgt_stream_tables SET data_timestamp = NULL");
        assertThat(database.value("SELECT pgtrickle.get_staleness('s')")).isEqualTo("null");
    }

    @Test
    void aStreamTableIsStaleWhenItMissesChangesAndNotWhenItsSourcesRest() {
        tables.create(
                StreamTableDefinition.of("s", "SELECT g, sum(v) AS v FROM t GROUP BY g")
                        .withSchedule("10s"));
        tables.create(
                StreamTableDefinition.of("over", "SELECT sum(v) AS v FROM s").withSchedule("10s"));
        tables.create(
                StreamTableDefinition.of("full_one", "SELECT sum(v) AS v FROM t")
                        .withMode(RefreshMode.FULL)
                        .withSchedule("10s"));
        tables.create(StreamTableDefinition.of("when_needed", "SELECT id FROM t"));
        String later =
                "UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = now() - interval '%s seconds'";
        database.execute(later.formatted(15));
        assertThat(database.query(STALE.formatted("stream_tables_info")))
                .containsExactly(
                        row("full_one", "t"),
                        row("over", "f"),
                        row("s", "f"),
                        row("when_needed", "null"));
        database.execute("INSERT INTO t VALUES (30, 1, 1)");
        List<List<String>> late =
                List.of(
                        row("full_one", "t"),
                        row("over", "t"),
                        row("s", "t"),
                        row("when_needed", "null"));
        assertThat(database.query(STALE.formatted("stream_tables_info"))).isEqualTo(late);
        assertThat(database.query(STALE.formatted("pg_stat_stream_tables"))).isEqualTo(late);
        assertThat(database.value("SELECT count(*) FROM pgtrickle.st_refresh_stats() WHERE stale"))
                .isEqualTo("0");
        database.execute(later.formatted(31));
        assertThat(database.query(STALE.formatted("st_refresh_stats()"))).isEqualTo(late);
        assertThat(database.query("SELECT stale_tables, status FROM pgtrickle.quick_health"))
                .containsExactly(row("3", "WARNING"));
        refresh("s");
        refresh("over");
        refresh("full_one");
        assertThat(database.value("SELECT count(*) FROM pgtrickle.stream_tables_info WHERE stale"))
                .isEqualTo("0");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET is_populated = false, last_refresh_at = NULL");
        assertThat(database.value("SELECT count(*) FROM pgtrickle.stream_tables_info WHERE stale"))
                .isEqualTo("3");
    }

    @Test
    void theThresholdIsItsOwnOrTheSetting() {
        create("s", "SELECT id FROM t");
        assertThat(database.value("SELECT pgtrickle.st_auto_threshold('s')")).isEqualTo("0.15");
        database.execute("UPDATE pgtrickle.pgt_stream_tables SET auto_threshold = 0.4");
        assertThat(database.value("SELECT pgtrickle.st_auto_threshold('s')")).isEqualTo("0.4");
        assertThat(database.value("SELECT pgtrickle.st_auto_threshold('nobody')"))
                .isEqualTo("null");
    }

    @Test
    void theModeIsExplained() {
        tables.create(StreamTableDefinition.of("d", "SELECT id FROM t"));
        tables.create(StreamTableDefinition.of("f", "SELECT id, random() AS r FROM t"));
        assertThat(database.query("SELECT * FROM pgtrickle.explain_refresh_mode('d')"))
                .containsExactly(row("AUTO", "FULL", "null"));
        database.execute("INSERT INTO t VALUES (40, 1, 1)");
        refresh("d");
        assertThat(database.query("SELECT * FROM pgtrickle.explain_refresh_mode('d')"))
                .containsExactly(row("AUTO", "DIFFERENTIAL", "null"));
        assertThat(
                        database.query("SELECT * FROM pgtrickle.explain_refresh_mode('f')")
                                .getFirst()
                                .get(2))
                .contains("random");
    }

    @Test
    void hiddenColumnsHaveAPurpose() {
        database.execute("CREATE TYPE mood AS ENUM ('ok')", "CREATE TABLE u (m mood, v numeric)");
        create("s", "SELECT avg(v) AS a, sum(v) AS b FROM u GROUP BY m");
        List<List<String>> columns =
                database.query("SELECT * FROM pgtrickle.list_auxiliary_columns('s')");
        assertThat(columns)
                .contains(row("__pgt_key_1", "public.mood", "group key that no column shows"));
        assertThat(columns.stream().map(List::getFirst))
                .containsExactlyElementsOf(
                        database
                                .query(
                                        "SELECT attname FROM pg_attribute WHERE attrelid = 's'::regclass AND attnum > 0"
                                                + " AND attname LIKE '\\_\\_pgt%' ORDER BY attnum")
                                .stream()
                                .map(List::getFirst)
                                .toList());
        assertThat(columns.stream().map(List::getLast)).doesNotContain("state of the maintenance");
    }

    @ParameterizedTest
    @CsvSource({
        "90, 90, 00:01:30",
        "1h30m, 5400, 01:30:00",
        "30m1h, 5400, 01:30:00",
        "500ms, 1, 00:00:00.5",
        "1s500ms, 2, 00:00:01.5",
        "' 30s ', 30, 00:00:30",
        "2w1d, 1296000, 360:00:00",
        "0, 0, 00:00:00",
        "'', null, null",
        "1H, null, null",
        "1h 30m, null, null",
        "1msm, null, null",
        "-5, null, null",
        "1.5s, null, null",
        "calculated, null, null",
        "@daily, null, null",
        "*/5 * * * *, null, null",
        "99999999999999999999, null, null"
    })
    void durationsAreReadAsSchedulesAre(String text, String seconds, String interval) {
        assertThat(
                        database.query(
                                "SELECT pgtrickle.parse_duration_seconds($$"
                                        + text
                                        + "$$), pgtrickle.parse_duration($$"
                                        + text
                                        + "$$)"))
                .containsExactly(row(seconds, interval));
    }

    @Test
    void whatIsSuspendedIsCritical() {
        create("s", "SELECT id FROM t");
        create("r", "SELECT id FROM t");
        tables.alter("s", Alteration.none().withStatus("SUSPENDED"));
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true WHERE pgt_name = 'r'");
        assertThat(
                        database.query(
                                "SELECT total_stream_tables, scheduler_running, status FROM pgtrickle.quick_health"))
                .containsExactly(row("2", "f", "CRITICAL"));
        assertThat(
                        database.query(
                                "SELECT total_stream_tables, active_count, error_count, suspended_count, stale_count, reinit_pending,"
                                        + " max_staleness_seconds >= 0, scheduler_status FROM pgtrickle.health_summary()"))
                .containsExactly(row("2", "1", "0", "1", "0", "1", "t", "STOPPED"));
        assertThat(
                        database.query(
                                "SELECT check_name, severity, detail FROM pgtrickle.health_check() WHERE severity <> 'OK'"))
                .containsExactly(
                        row(
                                "scheduler_running",
                                "ERROR",
                                "No service refreshes this database; start one with \"pgtrickle serve\"."),
                        row(
                                "error_tables",
                                "ERROR",
                                "1 stream tables in status ERROR or SUSPENDED: public.s (SUSPENDED)"),
                        row("needs_reinit", "WARN", "1 stream tables to be recomputed: public.r"));
    }
}
