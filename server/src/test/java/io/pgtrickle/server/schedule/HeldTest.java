package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.schedule.Entry.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A stream table that is held back is neither tried in a loop nor forgotten, and nobody waits for
/// it.
class HeldTest {
    private static final Result HELD = new Result.Held();
    private static final Result DATA = new Result.Refreshed();

    private final Agenda agenda = new Agenda(1);

    @Test
    void itIsTriedLessAndLessOften() {
        agenda.load(List.of(entry(1, Trigger.CHANGES)));
        long now = 0;
        for (long pause : List.of(1000, 2000, 4000, 8000, 16_000, 30_000, 30_000)) {
            assertThat(plan(now, 1L)).containsExactly(1L);
            finish(1, now + 5, HELD);
            assertThat(plan(now + 4 + pause, 1L)).isEmpty();
            assertThat(agenda.waitsForChanges(at(now + 4 + pause))).isFalse();
            assertThat(agenda.plan(at(now + 6), Set.of(1L)).next()).contains(at(now + 5 + pause));
            now += 5 + pause;
        }
        assertThat(agenda.failures(1)).isZero();
    }

    @Test
    void aReleaseEndsTheWaiting() {
        agenda.load(List.of(entry(1, Trigger.CHANGES)));
        plan(0, 1L);
        finish(1, 10, HELD);
        agenda.released(at(500));
        assertThat(plan(500, 1L)).containsExactly(1L);
        finish(1, 510, DATA);
        assertThat(plan(511, 1L)).containsExactly(1L);
    }

    @Test
    void releasesInARowDoNotMakeItSpin() {
        agenda.load(List.of(entry(1, Trigger.CHANGES)));
        int tries = 0;
        for (long now = 0; now < 1000; now++) {
            agenda.released(at(now));
            if (!plan(now, 1L).isEmpty()) {
                tries++;
                finish(1, now, HELD);
            }
        }
        assertThat(tries).isEqualTo(10);
    }

    @Test
    void aReleaseWhileItRunsIsNotMissed() {
        agenda.load(List.of(entry(1, Trigger.CHANGES)));
        for (long now = 0; now < 3000; now += 200) {
            assertThat(plan(now, 1L)).containsExactly(1L);
            agenda.released(at(now + 5));
            finish(1, now + 10, HELD);
            assertThat(plan(now + 109, 1L)).isEmpty();
            now -= 90;
        }
    }

    @Test
    void itsReadersDoNotWaitForIt() {
        agenda.load(List.of(entry(1, Trigger.CHANGES), entry(2, Trigger.CHANGES, 1L)));
        assertThat(plan(0, 1L, 2L)).containsExactly(1L);
        finish(1, 5, HELD);
        assertThat(plan(5, 1L, 2L)).containsExactly(2L);
    }

    @Test
    void aRecomputedOneTriesAgainAndKeepsItsPeriod() {
        agenda.load(List.of(entry(1, Trigger.TIME)));
        assertThat(plan(0)).containsExactly(1L);
        finish(1, 5, HELD);
        assertThat(plan(1004)).isEmpty();
        assertThat(plan(1005)).containsExactly(1L);
        finish(1, 1010, DATA);
        agenda.released(at(1011));
        assertThat(plan(1500)).containsExactly(1L);
    }

    private List<Long> plan(long now, Long... pending) {
        return agenda.plan(at(now), Set.of(pending)).start();
    }

    private void finish(long id, long now, Result result) {
        agenda.finished(id, at(now), result);
    }

    private static Entry entry(long id, Trigger trigger, Long... upstream) {
        return new Entry(id, Duration.ZERO, trigger, true, Set.of(upstream));
    }

    private static Instant at(long millis) {
        return Instant.EPOCH.plusMillis(millis);
    }
}
