package io.pgtrickle.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
        "9223372036854775807ms1ms, too long"
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

    @ParameterizedTest
    @CsvSource({
        "'* * * * *', '* * * * *', 2026-11-22T04:00:30Z, 2026-11-22T04:01:00Z",
        "'*/15 * * * *', '*/15 * * * *', 2026-11-22T04:15:00Z, 2026-11-22T04:30:00Z",
        "'*/1 * * * * *', '*/1 * * * * *', 2026-11-22T04:00:00Z, 2026-11-22T04:00:01Z",
        "'30 0 12 * * *', '30 0 12 * * *', 2026-11-22T12:00:30Z, 2026-11-23T12:00:30Z",
        "'  0  9\t* * mon-fri ', '0 9 * * MON-FRI', 2026-11-20T09:00:00Z, 2026-11-23T09:00:00Z",
        "'0 0 * jan,jul sun', '0 0 * JAN,JUL SUN', 2026-11-22T00:00:00Z, 2027-01-03T00:00:00Z",
        "'0 0 * * 7', '0 0 * * 7', 2026-11-22T00:00:00Z, 2026-11-29T00:00:00Z",
        "'0 0 13 * FRI', '0 0 13 * FRI', 2026-11-22T00:00:00Z, 2026-11-27T00:00:00Z",
        "'0 0 13 * FRI', '0 0 13 * FRI', 2026-12-11T00:00:00Z, 2026-12-13T00:00:00Z",
        "'10-20/5 1,3 * * *', '10-20/5 1,3 * * *', 2026-11-22T01:20:00Z, 2026-11-22T03:10:00Z",
        "'0 0 29 2 *', '0 0 29 2 *', 2026-11-22T00:00:00Z, 2028-02-29T00:00:00Z",
        "@hourly, @hourly, 2026-11-22T04:00:00Z, 2026-11-22T05:00:00Z",
        "@Daily, @daily, 2026-11-22T04:00:00Z, 2026-11-23T00:00:00Z",
        "@weekly, @weekly, 2026-11-22T04:00:00Z, 2026-11-29T00:00:00Z",
        "@monthly, @monthly, 2026-11-22T04:00:00Z, 2026-12-01T00:00:00Z",
        "@yearly, @yearly, 2026-11-22T04:00:00Z, 2027-01-01T00:00:00Z",
        "@annually, @annually, 2026-11-22T04:00:00Z, 2027-01-01T00:00:00Z"
    })
    void cron(String text, String canonical, Instant after, Instant next) {
        Schedule schedule = Schedule.parse(text);

        assertThat(schedule).isInstanceOf(Cron.class);
        assertThat(((Cron) schedule).after(after)).contains(next);
        assertThat(schedule.text()).isEqualTo(canonical);
        assertThat(Schedule.parse(schedule.text())).isEqualTo(schedule);
    }

    /// Each minute of four years is a match of the expression, or not, as the sets of its fields
    /// say.
    @Test
    void noTimeIsLeftOutOrAdded() {
        Cron cron = (Cron) Schedule.parse("7,40-42 */6 1-3,31 2-12/5 TUE");
        List<Instant> expected = new ArrayList<>();
        LocalDateTime end = LocalDateTime.of(2030, 1, 1, 0, 0);
        for (LocalDateTime time = LocalDateTime.of(2026, 1, 1, 0, 0);
                time.isBefore(end);
                time = time.plusMinutes(1)) {
            if (Set.of(7, 40, 41, 42).contains(time.getMinute())
                    && Set.of(0, 6, 12, 18).contains(time.getHour())
                    && Set.of(2, 7, 12).contains(time.getMonthValue())
                    && (Set.of(1, 2, 3, 31).contains(time.getDayOfMonth())
                            || time.getDayOfWeek() == DayOfWeek.TUESDAY)) {
                expected.add(time.toInstant(ZoneOffset.UTC));
            }
        }

        List<Instant> found = new ArrayList<>();
        Instant time = Instant.parse("2025-12-31T23:59:59Z");
        while (found.size() <= expected.size()) {
            time = cron.after(time).orElseThrow();
            found.add(time);
        }
        assertThat(found).startsWith(expected.toArray(Instant[]::new));
        assertThat(found.getLast()).isAfterOrEqualTo(end.toInstant(ZoneOffset.UTC));
    }

    @ParameterizedTest
    @CsvSource({
        "5 m, five or six fields and not 2",
        "* * * *, five or six fields and not 4",
        "* * * * * * *, five or six fields and not 7",
        "60 * * * *, 'The minute \"60\" is wrong: Value 60 not in range [0, 59].'",
        "61 0 0 * * *, 'The second \"61\" is wrong'",
        "0 24 * * *, 'The hour \"24\" is wrong'",
        "0 0 0 * *, 'The day of month \"0\" is wrong'",
        "0 0 * 13 *, 'The month \"13\" is wrong'",
        "0 0 * january *, 'The month \"JANUARY\" is wrong'",
        "0 0 * * 8, 'The day of week \"8\" is wrong'",
        "0 0 * * FRI-MON, 'The day of week \"FRI-MON\" is wrong'",
        "*/0 * * * *, 'The minute \"*/0\" is wrong'",
        "-1 * * * *, 'The minute \"-1\" is wrong'",
        "'1,,2 * * * *', 'The minute \"1,,2\" is wrong'",
        "', * * * *', 'The minute \",\" is wrong'",
        "1- * * * *, 'The minute \"1-\" is wrong'",
        "x * * * *, 'The minute \"X\" is wrong'",
        "99999999999 * * * *, 'The minute \"99999999999\" is wrong'",
        "0 0 L * *, 'The day of month \"L\" is wrong'",
        "0 0 ? * *, 'The day of month \"?\" is wrong'",
        "0 0 * * 1#2, 'The day of week \"1#2\" is wrong'",
        "0 0 30 2 *, There is no such day",
        "'0 0 31 FEB,APR *', There is no such day",
        "@often, no schedule of the name @often",
        "@hourly *, no schedule of the name",
        "@, no schedule of the name"
    })
    void cronRefusals(String text, String detail) {
        assertThatExceptionOfType(PgTrickleException.class)
                .isThrownBy(() -> Schedule.parse(text))
                .satisfies(error -> {
                    assertThat(error.sqlState()).isEqualTo("22023");
                    assertThat(error.getMessage())
                            .isEqualTo("invalid argument: schedule \"" + text + "\"");
                    assertThat(error.detail())
                            .hasValueSatisfying(it -> assertThat(it).contains(detail));
                    assertThat(error.hint())
                            .hasValueSatisfying(it -> assertThat(it).contains("minute", "@hourly"));
                });
    }
}
