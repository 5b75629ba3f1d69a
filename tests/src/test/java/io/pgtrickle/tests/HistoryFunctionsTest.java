package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What refreshes did, by SQL.
final class HistoryFunctionsTest extends DatabaseTest {

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
    void statisticsAreSumsOverTheHistory() {
        create("s", "SELECT id, v FROM t");
        database.execute(
                "INSERT INTO t VALUES (10, 1, 10), (11, 1, 11)", "DELETE FROM t WHERE id = 1");
        refresh("s");
        String counts =
                "SELECT total_refreshes, successful_refreshes, failed_refreshes, total_rows_inserted, total_rows_deleted, %s,"
                        + " avg_duration_ms > 0 FROM pgtrickle.%s";
        assertThat(
                        database.query(
                                counts.formatted(
                                        "last_refresh_action, last_refresh_status",
                                        "st_refresh_stats()")))
                .containsExactly(row("2", "2", "0", "11", "1", "DIFFERENTIAL", "COMPLETED", "t"));
        assertThat(
                        database.query(
                                counts.formatted(
                                        "last_action, last_status", "pg_stat_stream_tables")))
                .containsExactly(row("2", "2", "0", "11", "1", "DIFFERENTIAL", "COMPLETED", "t"));
        assertThat(database.value("SELECT cdc_modes FROM pgtrickle.pg_stat_stream_tables"))
                .isEqualTo("{TRIGGER}");
        assertThat(
                        database.query(
                                "SELECT total_refreshes, diff_count, full_count, diff_speedup ~ '^[0-9.]+x$',"
                                        + " avg_diff_ms > 0 AND avg_full_ms > 0 FROM pgtrickle.refresh_efficiency()"))
                .containsExactly(row("2", "1", "1", "t", "t"));
        assertThat(
                        database.query(
                                "SELECT action, status, rows_inserted, rows_deleted, duration_ms > 0, error_message"
                                        + " FROM pgtrickle.get_refresh_history('s')"))
                .containsExactly(
                        row("DIFFERENTIAL", "COMPLETED", "2", "1", "t", "null"),
                        row("FULL", "COMPLETED", "9", "0", "t", "null"));
        assertThat(database.query("SELECT * FROM pgtrickle.get_refresh_history('s', 1)"))
                .hasSize(1);
        assertThat(database.query("SELECT stream_table, action FROM pgtrickle.refresh_timeline()"))
                .containsExactly(row("public.s", "DIFFERENTIAL"), row("public.s", "FULL"));
        assertThat(database.query("SELECT * FROM pgtrickle.refresh_timeline(1)")).hasSize(1);
    }

    @Test
    void aFailureIsShownAndExplainedByItsSqlState() {
        create("s", "SELECT id, 10 / v AS q FROM t");
        database.execute("INSERT INTO t VALUES (20, 0, 0)");
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("division by zero");
        assertThat(
                        database.query(
                                "SELECT failed_refreshes, consecutive_errors, last_error_message, last_refresh_status"
                                        + " FROM pgtrickle.st_refresh_stats()"))
                .containsExactly(row("1", "1", "division by zero", "FAILED"));
        assertThat(
                        database.query(
                                "SELECT status, error_message FROM pgtrickle.refresh_timeline(1)"))
                .containsExactly(row("FAILED", "division by zero"));
        assertThat(
                        database.query(
                                "SELECT error_type, error_message, remediation LIKE '%data%', event_time <= now()"
                                        + " FROM pgtrickle.diagnose_errors('s')"))
                .containsExactly(row("user", "division by zero", "t", "t"));
        assertThat(database.query("SELECT error_tables, status FROM pgtrickle.quick_health"))
                .containsExactly(row("1", "WARNING"));
        for (int i = 0; i < 6; i++) {
            assertThatThrownBy(() -> refresh("s")).hasMessageContaining("division by zero");
        }
        assertThat(database.query("SELECT * FROM pgtrickle.diagnose_errors('s')")).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({
        "XX001, correctness",
        "42P01, schema",
        "42703, schema",
        "42P17, schema",
        "42501, user",
        "22012, user",
        "21000, user",
        "23505, user",
        "P0001, user",
        "57014, performance",
        "53200, performance",
        "40P01, performance",
        "55P03, performance",
        "08006, infrastructure",
        "57P01, infrastructure",
        "XX000, infrastructure"
    })
    void anErrorIsClassifiedByItsSqlState(String code, String type) {
        assertThat(database.value("SELECT error_type FROM pgtrickle.error_advice('" + code + "')"))
                .isEqualTo(type);
    }

    @Test
    void anUnknownNameHasNoHistory() {
        assertThat(database.query("SELECT * FROM pgtrickle.get_refresh_history('nobody')"))
                .isEmpty();
        assertThat(database.query("SELECT * FROM pgtrickle.get_refresh_history(NULL)")).isEmpty();
    }

    @Test
    void jobsAreShownWhileTheyAreActiveAndForAWhile() {
        assertThat(database.query("SELECT * FROM pgtrickle.parallel_job_status()")).isEmpty();
        database.execute(
                "INSERT INTO pgtrickle.pgt_scheduler_jobs (dag_version, unit_key, unit_kind, member_pgt_ids, root_pgt_id,"
                        + " scheduler_pid, status, started_at, finished_at) VALUES"
                        + " (1, 's:1', 'singleton', '{1}', 1, 5, 'RUNNING', now(), NULL),"
                        + " (1, 'a:1,2', 'atomic_group', '{1,2}', 1, 5, 'SUCCEEDED', now() - interval '70 s', now() - interval '60 s'),"
                        + " (1, 's:2', 'singleton', '{2}', 2, 5, 'SUCCEEDED', now() - interval '1 h', now() - interval '1 h')");
        assertThat(
                        database.query(
                                "SELECT unit_key, status, member_count, duration_ms >= 0 FROM pgtrickle.parallel_job_status()"))
                .containsExactly(
                        row("s:1", "RUNNING", "1", "t"), row("a:1,2", "SUCCEEDED", "2", "t"));
        assertThat(
                        database.query(
                                "SELECT duration_ms FROM pgtrickle.parallel_job_status(3600) WHERE unit_key = 'a:1,2'"))
                .containsExactly(row("10000"));
        assertThat(database.query("SELECT * FROM pgtrickle.parallel_job_status(30)")).hasSize(1);
    }
}
