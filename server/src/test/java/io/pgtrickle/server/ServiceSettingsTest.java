package io.pgtrickle.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.schedule.Limits;
import io.pgtrickle.server.schedule.Pace;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What settings make of the service's pace.
final class ServiceSettingsTest {
    private static final Pace START = Pace.of(4, Duration.ofSeconds(3));

    @Test
    void withoutSettingsItIsThatOfTheCommandLine() {
        assertThat(new ServiceSettings(Map.of()).pace(START)).isEqualTo(START);
    }

    @Test
    void eachSettingIsTaken() {
        assertThat(
                        new ServiceSettings(
                                        settings(
                                                "pg_trickle.enabled", "false",
                                                "pg_trickle.scheduler_interval_ms", "250",
                                                "pg_trickle.max_concurrent_refreshes", "2",
                                                "pg_trickle.per_database_worker_quota", "3",
                                                "pg_trickle.max_dynamic_refresh_workers", "9",
                                                "pg_trickle.parallel_refresh_mode", "dry_run",
                                                "pg_trickle.default_schedule_seconds", "60",
                                                "pg_trickle.event_driven_wake", "false",
                                                "pg_trickle.wake_debounce_ms", "100",
                                                "pg_trickle.tiered_scheduling", "false",
                                                "pg_trickle.auto_backoff", "false"))
                                .pace(START))
                .isEqualTo(
                        new Pace(
                                false,
                                Duration.ofMillis(250),
                                new Limits(Limits.Mode.DRY_RUN, 2, 3, 9),
                                Duration.ofMinutes(1),
                                false,
                                Duration.ofMillis(100),
                                false,
                                false));
    }

    @Test
    void oneSettingLeavesTheOthers() {
        assertThat(
                        new ServiceSettings(settings("pg_trickle.max_concurrent_refreshes", "32"))
                                .pace(START)
                                .limits())
                .isEqualTo(new Limits(Limits.Mode.ON, 32, 0, 4));
    }

    private static Map<String, String> settings(String... namesAndValues) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return settings;
    }
}
