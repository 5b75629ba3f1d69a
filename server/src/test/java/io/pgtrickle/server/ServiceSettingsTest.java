package io.pgtrickle.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.schedule.Pace;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                                        Map.of(
                                                "pg_trickle.enabled", "false",
                                                "pg_trickle.scheduler_interval_ms", "250",
                                                "pg_trickle.max_concurrent_refreshes", "2",
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
                                2,
                                Duration.ofMinutes(1),
                                false,
                                Duration.ofMillis(100),
                                false,
                                false));
    }

    /// There are as many connections as the command line says.
    @ParameterizedTest
    @CsvSource({"32, on, 4", "3, on, 3", "3, off, 1", "3, dry_run, 1"})
    void workersAreLimitedTwice(String refreshes, String mode, int workers) {
        Map<String, String> given =
                Map.of(
                        "pg_trickle.max_concurrent_refreshes",
                        refreshes,
                        "pg_trickle.parallel_refresh_mode",
                        mode);
        assertThat(new ServiceSettings(given).pace(START).workers()).isEqualTo(workers);
    }
}
