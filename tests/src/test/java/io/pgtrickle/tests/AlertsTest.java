package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/// Those who listen on channel `pg_trickle_alert` are told what docs/SCHEDULING.md says.
@Timeout(120)
final class AlertsTest extends DatabaseTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<JsonNode> heard = new ArrayList<>();
    private Session listener;
    private Service service;

    @BeforeEach
    void listen() {
        database.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
        listener = database.session();
        listener.execute("LISTEN pg_trickle_alert");
        service = Service.start(new Service.Config(database.url(), "", "", 2));
        assertThat(service.awaitLeadership(PATIENCE)).isTrue();
    }

    @AfterEach
    void stop() {
        service.close();
        listener.close();
    }

    private void create(String name, String query, RefreshMode mode, String schedule) {
        tables.create(StreamTableDefinition.of(name, query).withMode(mode).withSchedule(schedule));
    }

    private JsonNode await(String event, String name) {
        return await(it ->
                it.get("event").asText().equals(event) && it.get("pgt_name").asText().equals(name));
    }

    private JsonNode await(Predicate<JsonNode> wanted) {
        Instant end = Instant.now().plus(PATIENCE);
        try {
            PGConnection postgres = listener.connection().unwrap(PGConnection.class);
            while (Instant.now().isBefore(end)) {
                for (JsonNode one : heard) {
                    if (wanted.test(one)) {
                        return one;
                    }
                }
                PGNotification[] notifications = postgres.getNotifications(200);
                for (PGNotification one :
                        notifications == null ? new PGNotification[0] : notifications) {
                    heard.add(JSON.readTree(one.getParameter()));
                }
            }
        } catch (SQLException | JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        throw new AssertionError("heard only " + heard);
    }

    @Test
    void refreshesThatHadDataAndThoseThatFailed() {
        create("sums", "SELECT id, 10 / id AS q FROM t", RefreshMode.DIFFERENTIAL, "calculated");
        create("silent", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "calculated");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET pooler_compatibility_mode = true WHERE pgt_name = 'silent'");
        // Whoever knows it knows what was changed before.
        create("later", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "calculated");
        database.execute("INSERT INTO t VALUES (1)");
        await("refresh_completed", "later");
        await("refresh_completed", "sums");
        heard.clear();
        database.execute("INSERT INTO t VALUES (2), (3)");
        JsonNode completed = await("refresh_completed", "sums");
        assertThat(completed.get("st").asText()).isEqualTo("public.sums");
        assertThat(completed.get("pgt_schema").asText()).isEqualTo("public");
        assertThat(completed.get("action").asText()).isEqualTo("DIFFERENTIAL");
        assertThat(completed.get("rows_inserted").asInt()).isEqualTo(2);
        assertThat(completed.get("rows_deleted").asInt()).isZero();
        assertThat(completed.get("duration_ms").isIntegralNumber()).isTrue();

        database.execute(
                "ALTER DATABASE " + database.name() + " SET pg_trickle.max_consecutive_errors = 2",
                "INSERT INTO t VALUES (0)");
        JsonNode failed = await("refresh_failed", "sums");
        assertThat(failed.get("error").asText()).contains("division by zero");
        assertThat(failed.get("sqlstate").asText()).isEqualTo("22012");
        JsonNode suspended = await("auto_suspended", "sums");
        assertThat(suspended.get("consecutive_errors").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(heard).noneMatch(it -> it.get("pgt_name").asText().equals("silent"));
    }

    @Test
    void whatCannotKeepUpIsSlowedDown() {
        create("slow", "SELECT count(*) AS n FROM t, pg_sleep(0.3)", RefreshMode.FULL, "200ms");
        JsonNode behind =
                await(it ->
                        it.get("event").asText().equals("scheduler_falling_behind")
                                && it.get("pgt_name").asText().equals("slow"));
        assertThat(behind.get("schedule_ms").asInt()).isEqualTo(200);
        assertThat(behind.get("elapsed_ms").asInt()).isGreaterThanOrEqualTo(300);
        assertThat(behind.get("ratio").asDouble()).isGreaterThanOrEqualTo(1.5);
        assertThat(behind.get("backoff_factor").asInt()).isEqualTo(2);
        database.execute("DELETE FROM pgtrickle.pgt_refresh_history");
        String gap =
                "SELECT count(*) > 3 AND avg(gap) > interval '380 ms' FROM (SELECT start_time - lag(start_time) OVER (ORDER BY"
                        + " start_time) AS gap FROM pgtrickle.pgt_refresh_history) g";
        Instant end = Instant.now().plus(PATIENCE);
        while (!database.value(gap).equals("t")) {
            assertThat(Instant.now()).isBefore(end);
        }
    }

    @Test
    void whatRestsAndWhatIsFrozen() {
        create("resting", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "300ms");
        create("frozen", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "300ms");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET refresh_tier = 'frozen' WHERE pgt_name = 'frozen'");
        assertThat(await("no_upstream_changes", "resting").get("idle_seconds").asDouble())
                .isGreaterThan(0.5);
        assertThat(await("frozen_tier_skip", "frozen").get("frozen_seconds").isIntegralNumber())
                .isTrue();
    }

    @Test
    void whatKeepsFailingIsStale() {
        database.execute(
                "ALTER DATABASE "
                        + database.name()
                        + " SET pg_trickle.max_consecutive_errors = 100");
        create("broken", "SELECT 10 / id AS q FROM t", RefreshMode.DIFFERENTIAL, "500ms");
        database.execute("INSERT INTO t VALUES (0)");
        JsonNode stale = await("stale_data", "broken");
        assertThat(stale.get("schedule_seconds").asDouble()).isEqualTo(0.5);
        assertThat(stale.get("staleness_seconds").asDouble()).isGreaterThanOrEqualTo(1);
        assertThat(stale.get("ratio").asDouble()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void blownFusesAndFullBuffersAreToldOf() {
        database.execute(
                "ALTER DATABASE "
                        + database.name()
                        + " SET pg_trickle.buffer_alert_threshold = 1000");
        create("live", "SELECT count(*) AS n FROM t", RefreshMode.DIFFERENTIAL, "calculated");
        create("blown", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "1h");
        create("late", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "1h");
        database.execute(
                """
                UPDATE pgtrickle.pgt_stream_tables SET status = 'SUSPENDED', fuse_state = 'blown',
                    blown_at = now() - interval '5 minutes', blow_reason = 'a flood' WHERE pgt_name = 'blown'
                """,
                "INSERT INTO t SELECT generate_series(1, 20000)");
        JsonNode reminder = await("fuse_blown_reminder", "blown");
        assertThat(reminder.get("blown_seconds").asInt()).isBetween(300, 400);
        assertThat(reminder.get("reason").asText()).isEqualTo("a flood");
        JsonNode growth = await("buffer_growth_warning", "late");
        assertThat(growth.get("source_table").asText()).isEqualTo("public.t");
        assertThat(growth.get("pending_rows").asInt()).isEqualTo(20000);
        assertThat(growth.get("pending_bytes").asInt()).isGreaterThan(65536);
        assertThat(growth.get("slot_name").asText()).startsWith("changes_");
    }

    @Test
    void whatMustBeRecomputedIsToldOf() {
        create("gone", "SELECT id FROM t", RefreshMode.DIFFERENTIAL, "300ms");
        database.execute(
                "ALTER DATABASE " + database.name() + " SET pg_trickle.block_source_ddl = off");
        database.execute("ALTER TABLE t RENAME id TO other");
        assertThat(await("reinitialize_needed", "gone").get("reason").asText()).contains("id");
    }
}
