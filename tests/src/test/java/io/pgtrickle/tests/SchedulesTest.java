package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.server.Service;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a service makes of schedules and tiers. docs/SCHEDULING.md has the rules.
@Timeout(120)
final class SchedulesTest extends DatabaseTest {
    private static final String COUNT = "SELECT count(*) AS n FROM t";

    private Service service;

    @BeforeEach
    void tables() {
        database.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
        create("follower", "SELECT id FROM t");
        service = started();
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private Service started() {
        Service started =
                Service.start(
                        new Service.Config(database.url(), "", "", 2)
                                .withPollInterval(Duration.ofMillis(100)));
        assertThat(started.awaitLeadership(PATIENCE)).isTrue();
        return started;
    }

    private void restart() {
        service.close();
        service = started();
    }

    /// Creates one while there is no service, which might fill it, too.
    private void create(String name, RefreshMode mode, String schedule) {
        service.close();
        tables.create(StreamTableDefinition.of(name, COUNT).withMode(mode).withSchedule(schedule));
        service = started();
    }

    private String refreshes(String name) {
        return database.value(
                "SELECT count(*) FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)"
                        + " WHERE s.pgt_name = '"
                        + name
                        + "' AND h.initiated_by = 'SCHEDULER'");
    }

    /// Waits until the service has looked at a change twice, and so at everything else.
    private void anotherChange() {
        for (int i = 0; i < 2; i++) {
            database.execute("INSERT INTO t VALUES (2)");
            await(
                    "the follower",
                    () ->
                            database.value(
                                            "SELECT count(*) = (SELECT count(*) FROM follower) FROM t")
                                    .equals("t"));
        }
    }

    private boolean isFresh(String name) {
        return database.value("SELECT n = (SELECT count(*) FROM t) FROM " + name).equals("t");
    }

    private String gap(String name) {
        return database.value(
                "SELECT coalesce(min(gap), '1 hour') FROM (SELECT start_time - lag(start_time) OVER (ORDER BY start_time)"
                        + " AS gap FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)"
                        + " WHERE s.pgt_name = '"
                        + name
                        + "' AND h.initiated_by = 'SCHEDULER') g");
    }

    @Test
    void timesOfTheCalendarWithSeconds() {
        create("seconds", RefreshMode.DIFFERENTIAL, " */1 * * * * * ");
        create("recomputed", RefreshMode.FULL, "* * * * * *");
        Instant start = Instant.now();
        for (int i = 0; i < 10; i++) {
            anotherChange();
        }
        await("both", () -> isFresh("seconds") && isFresh("recomputed"));
        long seconds = Duration.between(start, Instant.now()).toSeconds();
        assertThat(Long.parseLong(refreshes("seconds"))).isBetween(1L, seconds + 2);
        assertThat(
                        database.value(
                                "SELECT schedule FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'seconds'"))
                .isEqualTo("*/1 * * * * *");

        String last =
                "SELECT last_refresh_at FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'seconds'";
        String before = database.value(last);
        String refreshes = refreshes("recomputed");
        await("a look", () -> !database.value(last).equals(before));
        await("a refresh", () -> !refreshes("recomputed").equals(refreshes));
    }

    @Test
    void changesWaitForTheNextTimeAndAMissedOneIsMadeUpFor() {
        create("yearly", RefreshMode.DIFFERENTIAL, "@yearly");
        create("recomputed", RefreshMode.FULL, "0 0 29 2 *");
        anotherChange();
        restart();
        anotherChange();
        assertThat(isFresh("yearly")).isFalse();
        assertThat(refreshes("recomputed")).isEqualTo("0");

        service.close();
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = last_refresh_at - interval '5 years'");
        service = started();
        await("both", () -> isFresh("yearly") && isFresh("recomputed"));
        anotherChange();
        assertThat(refreshes("yearly")).isEqualTo("1");
        assertThat(refreshes("recomputed")).isEqualTo("1");
        assertThat(isFresh("yearly")).isFalse();
    }

    @Test
    void periodsGoOnAfterARestart() {
        create("hourly", RefreshMode.DIFFERENTIAL, "1h");
        create("recomputed", RefreshMode.FULL, "1h");
        for (int i = 0; i < 3; i++) {
            anotherChange();
            restart();
        }
        anotherChange();
        assertThat(refreshes("hourly")).isEqualTo("0");
        assertThat(refreshes("recomputed")).isEqualTo("0");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = last_refresh_at - interval '1 hour'");
        restart();
        await("both", () -> isFresh("hourly") && isFresh("recomputed"));
    }

    @Test
    void tiersStretchAndFreeze() {
        create("hot", RefreshMode.FULL, "200ms");
        create("cold", RefreshMode.FULL, "200ms");
        create("frozen", RefreshMode.FULL, "200ms");
        create("calm", RefreshMode.AUTO, "calculated");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET refresh_tier = 'frozen' WHERE pgt_name = 'frozen'",
                "UPDATE pgtrickle.pgt_stream_tables SET refresh_tier = 'cold' WHERE pgt_name IN ('cold', 'calm')");
        restart();
        database.execute("DELETE FROM pgtrickle.pgt_refresh_history");
        await(
                "three of the cold one",
                () -> {
                    anotherChange();
                    return Long.parseLong(refreshes("cold")) >= 3;
                });
        assertThat(Long.parseLong(refreshes("hot"))).isGreaterThan(4);
        assertThat(database.value("SELECT interval '1s' < '" + gap("cold") + "'")).isEqualTo("t");
        assertThat(database.value("SELECT interval '5s' < '" + gap("calm") + "'")).isEqualTo("t");
        assertThat(refreshes("frozen")).isEqualTo("0");
        assertThat(tables.refresh("frozen").action()).isEqualTo(RefreshOutcome.Action.FULL);
        assertThat(refreshes("frozen")).isEqualTo("0");

        database.execute(
                "ALTER DATABASE " + database.name() + " SET pg_trickle.tiered_scheduling = off");
        await("it thaws", () -> Long.parseLong(refreshes("frozen")) > 3);
    }

    @Test
    void aBadScheduleIsRefusedWithItsReason() {
        assertThatThrownBy(() -> create("bad", RefreshMode.AUTO, "0 25 * * *"))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        it -> {
                            assertThat(it.sqlState()).isEqualTo("22023");
                            assertThat(it.getMessage()).contains("\"0 25 * * *\"");
                            assertThat(it.detail().orElse("")).contains("hour \"25\"");
                        });
        create("good", RefreshMode.AUTO, "0 5 * * mon");
        assertThatThrownBy(() -> tables.alter("good", Alteration.none().withSchedule("0 0 30 2 *")))
                .hasMessageContaining("schedule \"0 0 30 2 *\"");
        tables.alter("good", Alteration.none().withSchedule("@Weekly"));
        assertThat(
                        database.value(
                                "SELECT schedule FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'good'"))
                .isEqualTo("@weekly");
    }
}
