package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    @ParameterizedTest
    @CsvSource({
        "1, 0.949, 1",
        "1, 0.95, 2",
        "1, 9.0, 2",
        "2, 0.949, 1",
        "2, 0.95, 2",
        "2, 1.899, 2",
        "2, 1.9, 4",
        "4, 3.799, 4",
        "4, 3.8, 8",
        "8, 90, 8",
        "8, 0.949, 1"
    })
    void followsWhatTheLastRefreshTook(int factor, double share, int next) {
        assertThat(new Backoff(factor).after(share)).isEqualTo(new Backoff(next));
    }

    @Test
    void periodIsStretchedUntilRefreshesAreInTimeAgain() {
        Agenda agenda = new Agenda(1);
        agenda.load(List.of(every(true)));

        assertThat(refresh(agenda, 0, 700)).isEmpty();
        assertThat(refresh(agenda, 1000, 1800))
                .contains(new Strain(Duration.ofMillis(800), Duration.ofSeconds(1), 1));
        assertThat(refresh(agenda, 2000, 4500)).map(Strain::factor).contains(2);
        assertThat(refresh(agenda, 4500, 6900)).map(Strain::factor).contains(4);
        assertThat(agenda.plan(at(8499), Set.of(1L)).start()).isEmpty();
        assertThat(agenda.plan(at(8499), Set.of(1L)).next()).contains(at(8500));
        assertThat(refresh(agenda, 8500, 9400))
                .as("in time for the schedule, but not by much")
                .map(Strain::factor)
                .contains(1);
        assertThat(refresh(agenda, 9500, 9600)).isEmpty();
        assertThat(agenda.plan(at(10_499), Set.of(1L)).start()).isEmpty();
        assertThat(agenda.plan(at(10_500), Set.of(1L)).start()).containsExactly(1L);
    }

    @Test
    void withoutTheSettingItIsOnlySaid() {
        Agenda agenda = new Agenda(1);
        agenda.load(List.of(every(false)));

        assertThat(refresh(agenda, 0, 5000))
                .contains(new Strain(Duration.ofSeconds(5), Duration.ofSeconds(1), 1));
        assertThat(agenda.plan(at(5000), Set.of(1L)).start()).containsExactly(1L);
    }

    @Test
    void whatHasNoPeriodHasNoStrain() {
        Agenda agenda = new Agenda(1);
        agenda.load(
                List.of(new Entry(1, Duration.ZERO, Entry.Trigger.CHANGES, true, Set.<Long>of())));

        assertThat(refresh(agenda, 0, 3_600_000)).isEmpty();
        assertThat(agenda.plan(at(3_600_000), Set.of(1L)).start()).containsExactly(1L);
    }

    private static Optional<Strain> refresh(Agenda agenda, long start, long end) {
        assertThat(agenda.plan(at(start), Set.of(1L)).start()).containsExactly(1L);
        return agenda.finished(1, at(end), new Result.Refreshed());
    }

    private static Entry every(boolean stretches) {
        return new Entry(
                1,
                new Rhythm.Every(Duration.ofSeconds(1), stretches),
                Entry.Trigger.CHANGES,
                true,
                Set.of(),
                Optional.empty());
    }

    private static Instant at(long millis) {
        return Instant.EPOCH.plusMillis(millis);
    }
}
