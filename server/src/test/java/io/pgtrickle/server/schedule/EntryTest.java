package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.Tier;
import io.pgtrickle.server.schedule.Entry.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryTest {
    private static final Instant LAST = Instant.parse("2026-11-22T04:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "HOT, 30s, false, PT30S",
        "WARM, 30s, false, PT1M",
        "COLD, 30s, false, PT5M",
        "COLD, 30s, true, PT5M",
        "HOT, calculated, false, PT0S",
        "WARM, calculated, false, PT14S",
        "COLD, calculated, false, PT70S",
        "HOT, calculated, true, PT7S",
        "WARM, calculated, true, PT14S",
        "COLD, 0 5 * * *, false, PT1H",
        "HOT, 0 5 * * *, false, PT1H",
        "COLD, 9223372036854775807ms, false, P365000D"
    })
    void tiersMultiplyPeriods(Tier tier, String schedule, boolean full, Duration untilDue) {
        assertThat(entry(tier, schedule, full, true).rhythm().after(LAST, 1))
                .isEqualTo(LAST.plus(untilDue));
    }

    @Test
    void withoutTiersAllAreHot() {
        for (Tier tier : Tier.values()) {
            assertThat(entry(tier, "30s", false, false))
                    .isEqualTo(entry(Tier.HOT, "30s", false, true));
        }
    }

    @ParameterizedTest
    @CsvSource({"30s, false, CHANGES", "30s, true, TIME", "@hourly, false, TIME"})
    void whatCanBeKnownDecidesAboutTheTrigger(String schedule, boolean full, Trigger trigger) {
        assertThat(entry(Tier.HOT, schedule, full, true).trigger()).isEqualTo(trigger);
    }

    @Test
    void onlyPeriodsStretchAndOnlyWhereTheSettingSaysSo() {
        Rhythm period = entry(Tier.HOT, "30s", false, true).rhythm();
        assertThat(period.after(LAST, 4)).isEqualTo(LAST.plusSeconds(120));
        assertThat(entry(Tier.HOT, "@hourly", false, true).rhythm().after(LAST, 4))
                .isEqualTo(LAST.plusSeconds(3600));
        assertThat(new Rhythm.Every(Duration.ofSeconds(30), false).after(LAST, 4))
                .isEqualTo(LAST.plusSeconds(30));
    }

    private static Entry entry(Tier tier, String schedule, boolean full, boolean tiers) {
        Pace start = Pace.of(4, Duration.ofSeconds(1));
        Pace pace =
                new Pace(
                        true,
                        start.poll(),
                        start.limits(),
                        Duration.ofSeconds(7),
                        true,
                        start.debounce(),
                        tiers,
                        true);
        Schedulable table =
                new Schedulable(
                        1,
                        new QualifiedName("public", "t"),
                        schedule,
                        full,
                        true,
                        Set.of(),
                        Optional.of(LAST),
                        tier,
                        false,
                        true);
        return Entry.of(table, Schedule.parse(schedule), pace);
    }
}
