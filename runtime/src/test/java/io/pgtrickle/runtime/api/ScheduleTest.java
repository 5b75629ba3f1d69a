package io.pgtrickle.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    @ParameterizedTest
    @ValueSource(strings = {"calculated", "CALCULATED", "  Calculated\n"})
    void calculatedInAnyCase(String text) {
        assertThat(Schedule.parse(text)).isEqualTo(new Schedule.Calculated());
        assertThat(Schedule.parse(text).text()).isEqualTo("calculated");
    }

    @ParameterizedTest
    @CsvSource({
        "50ms, 50, 50ms",
        "500ms, 500, 500ms",
        "1s500ms, 1500, 1s500ms",
        "1500ms, 1500, 1s500ms",
        "1, 1000, 1s",
        "90, 90000, 1m30s",
        "30s, 30000, 30s",
        "1m30s, 90000, 1m30s",
        "30s1m, 90000, 1m30s",
        "5m, 300000, 5m",
        "1h30m, 5400000, 1h30m",
        "2d, 172800000, 2d",
        "1w, 604800000, 1w",
        "007s, 7000, 7s",
        "1s1s, 2000, 2s",
        "0s1ms, 1, 1ms",
        "' 2s ', 2000, 2s"
    })
    void durations(String text, long millis, String canonical) {
        Schedule schedule = Schedule.parse(text);

        assertThat(schedule).isEqualTo(new Schedule.Every(Duration.ofMillis(millis)));
        assertThat(schedule.text()).isEqualTo(canonical);
        assertThat(Schedule.parse(schedule.text())).isEqualTo(schedule);
    }

    @ParameterizedTest
    @CsvSource({
        "'', empty",
        "'  ', empty",
        "0, longer than zero",
        "0s, longer than zero",
        "0h0ms, longer than zero",
        "-1s, not a duration",
        "-5, not a duration",
        "+5, not a duration",
        "1.5s, not a duration",
        "s, not a duration",
        "5m3, not a duration",
        "5m-3s, not a duration",
        "IMMEDIATE, not a duration",
        "5x, \"x\" is not a unit",
        "5M, \"M\" is not a unit",
        "5min, \"min\" is not a unit",
        "5us, \"us\" is not a unit",
        "1sm, \"sm\" is not a unit",
        "99999999999999999999, too long",
        "9223372036854775807, too long",
        "99999999999999w, too long",
        "9223372036854775807ms1ms, too long",
        "* * * * *, cron schedules are not supported yet",
        "5 m, cron schedules are not supported yet",
        "@hourly, cron schedules are not supported yet"
    })
    void refusals(String text, String detail) {
        assertThatExceptionOfType(PgTrickleException.class)
                .isThrownBy(() -> Schedule.parse(text))
                .satisfies(error -> {
                    assertThat(error.sqlState()).isEqualTo("22023");
                    assertThat(error.getMessage())
                            .isEqualTo("invalid argument: schedule \"" + text + "\"");
                    assertThat(error.detail())
                            .hasValueSatisfying(it -> assertThat(it).contains(detail));
                    assertThat(error.hint())
                            .hasValueSatisfying(
                                    it -> assertThat(it).contains("'calculated'", "ms"));
                });
    }

    @Test
    void anIntervalIsAPositiveNumberOfMilliseconds() {
        assertThatExceptionOfType(PgTrickleException.class)
                .isThrownBy(() -> new Schedule.Every(Duration.ZERO));
        assertThatExceptionOfType(PgTrickleException.class)
                .isThrownBy(() -> new Schedule.Every(Duration.ofNanos(5)));
    }
}
