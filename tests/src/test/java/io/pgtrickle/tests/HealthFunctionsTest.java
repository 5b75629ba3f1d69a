package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.Service;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Health with a service, and what becomes of it after a restore.
final class HealthFunctionsTest extends DatabaseTest {
    private static final String PROBLEMS =
            "SELECT check_name FROM pgtrickle.health_check() WHERE severity <> 'OK'";

    @Test
    void aServiceIsSeenAsLongAsItLeads() {
        database.execute("CREATE TABLE t (id int)");
        create("s", "SELECT id FROM t");
        assertThat(database.query(PROBLEMS)).containsExactly(List.of("scheduler_running"));
        Service.Config config = new Service.Config(database.url(), "", "", 1);
        try (Service service = Service.start(config)) {
            assertThat(service.awaitLeadership(PATIENCE)).isTrue();
            assertThat(database.query(PROBLEMS)).isEmpty();
            assertThat(
                            database.query(
                                    "SELECT scheduler_running, status FROM pgtrickle.quick_health"))
                    .containsExactly(List.of("t", "OK"));
            assertThat(database.value("SELECT scheduler_status FROM pgtrickle.health_summary()"))
                    .isEqualTo("ACTIVE");
        }
        assertThat(database.value("SELECT scheduler_status FROM pgtrickle.health_summary()"))
                .isEqualTo("STOPPED");
    }

    @Test
    void theServiceOfAnotherDatabaseIsNone() {
        try (var other = io.pgtrickle.tests.postgres.TestServer.shared().database();
                Service service = Service.start(new Service.Config(other.url(), "", "", 1))) {
            assertThat(service.awaitLeadership(PATIENCE)).isTrue();
            assertThat(database.value("SELECT pgtrickle.scheduler_running()")).isEqualTo("f");
            assertThat(other.value("SELECT pgtrickle.scheduler_running()")).isEqualTo("t");
        }
    }

    @Test
    void anEmptyDatabaseIsHealthyWithoutStreamTables() {
        assertThat(database.query("SELECT * FROM pgtrickle.quick_health"))
                .containsExactly(List.of("0", "0", "0", "f", "EMPTY"));
        assertThat(
                        database.query(
                                "SELECT total_stream_tables, max_staleness_seconds, cache_hit_rate FROM pgtrickle.health_summary()"))
                .containsExactly(List.of("0", "null", "null"));
        assertThat(database.query(PROBLEMS)).containsExactly(List.of("scheduler_running"));
    }

    @Test
    void theFrontierOfAnotherServerSaysNothing() {
        database.execute("CREATE TABLE t (id int)");
        create("s", "SELECT id FROM t");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET schedule = '0', last_refresh_at = now() - interval '1 s',"
                        + " frontier = frontier || '{\"system_identifier\": \"1\"}'");
        assertThat(database.value("SELECT pending_rows FROM pgtrickle.change_buffer_sizes()"))
                .isEqualTo("null");
        assertThat(database.value("SELECT stale FROM pgtrickle.stream_tables_info")).isEqualTo("t");
    }
}
