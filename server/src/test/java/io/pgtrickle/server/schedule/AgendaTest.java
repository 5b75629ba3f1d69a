package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Cron;
import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.server.schedule.Entry.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AgendaTest {
    private static final Result DATA = new Result.Refreshed();
    private static final Result NOTHING = new Result.Nothing();
    private static final Result BUSY = new Result.Busy();
    private static final Result FAILURE = new Result.Failed("22012", "division by zero");

    private final Agenda agenda = new Agenda(4);

    @Test
    void calculatedIsDueWheneverThereAreChanges() {
        agenda.load(List.of(calculated(1)));

        assertThat(plan(0)).isEmpty();
        assertThat(plan(5, 1L)).containsExactly(1L);
        finish(1, 8, DATA);
        assertThat(plan(9, 1L)).containsExactly(1L);
    }

    @Test
    void periodRunsFromTheStartOfTheLastRefreshWithData() {
        agenda.load(List.of(every(1, 1000)));
        assertThat(plan(0, 1L)).containsExactly(1L);
        finish(1, 300, DATA);

        assertThat(plan(301, 1L)).isEmpty();
        assertThat(agenda.plan(at(302), Set.of(1L)).next()).contains(at(1000));
        assertThat(plan(999, 1L)).isEmpty();
        assertThat(plan(1000, 1L)).containsExactly(1L);
    }

    @Test
    void lookingInVainDoesNotMoveThePhase() {
        agenda.load(List.of(every(1, 1000)));
        refresh(1, 0, 10, DATA);

        assertThat(plan(1000)).isEmpty();
        assertThat(plan(5000)).isEmpty();
        assertThat(plan(5003, 1L)).containsExactly(1L);
    }

    @Test
    void refreshThatFindsNothingDoesNotMoveThePhase() {
        agenda.load(List.of(every(1, 1000)));
        refresh(1, 0, 10, DATA);
        refresh(1, 1500, 1510, NOTHING);

        assertThat(plan(1511, 1L)).containsExactly(1L);
    }

    @Test
    void refreshThatKeepsFindingNothingIsAskedLessOften() {
        agenda.load(List.of(calculated(1)));
        refresh(1, 0, 1, NOTHING);
        refresh(1, 1, 2, NOTHING);

        assertThat(plan(11, 1L)).isEmpty();
        refresh(1, 12, 13, NOTHING);
        assertThat(plan(32, 1L)).isEmpty();
        refresh(1, 33, 34, DATA);
        assertThat(plan(35, 1L)).containsExactly(1L);
    }

    @Test
    void waitsForChangesOnlyWhenSomethingIsDue() {
        agenda.load(List.of(every(1, 1000)));
        assertThat(agenda.waitsForChanges(at(0))).isTrue();
        plan(0, 1L);
        assertThat(agenda.waitsForChanges(at(1))).isFalse();
        finish(1, 2, DATA);
        assertThat(agenda.waitsForChanges(at(999))).isFalse();
        assertThat(agenda.waitsForChanges(at(1000))).isTrue();
    }

    @Test
    void unpopulatedIsDueAtOnceWithoutChanges() {
        agenda.load(List.of(new Entry(1, ms(60_000), Trigger.CHANGES, false, Set.of())));
        assertThat(plan(0)).containsExactly(1L);
        finish(1, 5, DATA);
        assertThat(plan(6)).isEmpty();

        agenda.load(List.of(new Entry(1, ms(60_000), Trigger.CHANGES, false, Set.of())));
        assertThat(plan(7)).containsExactly(1L);
    }

    @Test
    void recomputedIsDueEveryPeriodWithoutChanges() {
        agenda.load(List.of(new Entry(1, ms(2000), Trigger.TIME, true, Set.of())));
        assertThat(agenda.waitsForChanges(at(0))).isFalse();
        assertThat(plan(0)).containsExactly(1L);
        finish(1, 100, DATA);
        assertThat(plan(1999)).isEmpty();
        assertThat(plan(2000)).containsExactly(1L);
        finish(1, 2100, NOTHING);
        assertThat(plan(3999)).isEmpty();
        assertThat(plan(4000)).containsExactly(1L);
    }

    @Test
    void downstreamWaitsForUpstream() {
        agenda.load(List.of(calculated(1), calculated(2, 1), calculated(3, 2)));

        assertThat(plan(0, 1L, 2L, 3L)).containsExactly(1L);
        assertThat(plan(1, 2L, 3L)).isEmpty();
        finish(1, 5, DATA);
        assertThat(plan(5, 2L, 3L)).containsExactly(2L);
        finish(2, 9, DATA);
        assertThat(plan(9, 3L)).containsExactly(3L);
    }

    @Test
    void downstreamWaitsThroughOneThatIsDueAndHasNoChangesYet() {
        agenda.load(List.of(calculated(1), calculated(2, 1), calculated(3, 2)));

        assertThat(plan(0, 1L, 3L)).containsExactly(1L);
        finish(1, 5, DATA);
        assertThat(plan(5, 2L, 3L)).containsExactly(2L);
    }

    @Test
    void downstreamDoesNotWaitThroughOneThatIsNotDue() {
        agenda.load(List.of(calculated(1), every(2, 60_000, 1), calculated(3, 2)));
        refresh(2, 0, 1, DATA);

        assertThat(plan(2, 1L, 2L, 3L)).containsExactly(1L, 3L);
    }

    @Test
    void bottomOfADiamondWaitsForBothBranches() {
        agenda.load(
                List.of(calculated(1), calculated(2, 1), calculated(3, 1), calculated(4, 2, 3)));
        refresh(1, 0, 1, DATA);

        assertThat(plan(2, 2L, 3L)).containsExactly(2L, 3L);
        finish(2, 5, DATA);
        assertThat(plan(5, 4L)).isEmpty();
        finish(3, 9, DATA);
        assertThat(plan(9, 4L)).containsExactly(4L);
    }

    @Test
    void independentOnesRunInParallelUpToTheNumberOfWorkers() {
        Agenda two = new Agenda(2);
        two.load(List.of(calculated(1), calculated(2), calculated(3)));

        assertThat(two.plan(at(0), Set.of(1L, 2L, 3L)).start()).containsExactly(1L, 2L);
        assertThat(two.running()).isEqualTo(2);
        two.finished(1, at(4), DATA);
        assertThat(two.plan(at(4), Set.of(1L, 3L)).start()).containsExactly(3L);
    }

    @Test
    void busyUpstreamDoesNotStarveItsReader() {
        agenda.load(List.of(calculated(1), calculated(2, 1)));

        assertThat(plan(0, 1L, 2L)).containsExactly(1L);
        finish(1, 10, DATA);
        assertThat(plan(10, 1L, 2L)).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void failingUpstreamDoesNotHoldUpItsReader() {
        agenda.load(List.of(calculated(1), calculated(2, 1)));
        plan(0, 1L, 2L);
        finish(1, 10, FAILURE);

        assertThat(plan(10, 1L, 2L)).containsExactly(2L);
    }

    @Test
    void failureIsRetriedWithBackoffWhateverIsPending() {
        agenda.load(List.of(every(1, 3_600_000)));
        refresh(1, 0, 10, DATA);
        refresh(1, 3_600_000, 3_600_000, FAILURE);
        long now = 3_600_000;
        for (long delay : new long[] {1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000}) {
            assertThat(plan(now + delay - 1, 1L)).isEmpty();
            assertThat(agenda.plan(at(now + delay - 1), Set.of()).next()).contains(at(now + delay));
            now += delay;
            assertThat(plan(now)).containsExactly(1L);
            finish(1, now, FAILURE);
        }
        assertThat(agenda.failures(1)).isEqualTo(9);
        refresh(1, now + 60_000, now + 60_001, DATA);
        assertThat(agenda.failures(1)).isZero();
        assertThat(plan(now + 60_002, 1L)).isEmpty();
    }

    @Test
    void busyElsewhereIsTriedAgainSoonAndIsNoFailure() {
        agenda.load(List.of(every(1, 1000)));
        refresh(1, 0, 1, BUSY);

        assertThat(plan(100, 1L)).isEmpty();
        assertThat(plan(101, 1L)).containsExactly(1L);
        assertThat(agenda.failures(1)).isZero();
    }

    @Test
    void droppedOneIsForgotten() {
        agenda.load(List.of(calculated(1), calculated(2)));

        assertThat(agenda.load(List.of(calculated(2)))).containsExactly(1L);
        assertThat(plan(0, 1L, 2L)).containsExactly(2L);
        assertThat(agenda.load(List.of(calculated(2)))).isEmpty();
    }

    @Test
    void oneThatDisappearsWhileItRunsKeepsItsWorkerAndNeverRunsTwice() {
        Agenda one = new Agenda(1);
        one.load(List.of(calculated(1), calculated(2)));
        assertThat(one.plan(at(0), Set.of(1L)).start()).containsExactly(1L);

        one.load(List.of(calculated(2)));
        assertThat(one.plan(at(1), Set.of(2L)).start()).isEmpty();
        one.load(List.of(calculated(1), calculated(2)));
        assertThat(one.plan(at(2), Set.of(1L, 2L)).start()).isEmpty();
        one.finished(1, at(3), DATA);
        assertThat(one.plan(at(3), Set.of(1L, 2L)).start()).containsExactly(2L);
        one.load(List.of());
        one.finished(2, at(4), DATA);
        assertThat(one.running()).isZero();
    }

    @Test
    void shorterScheduleCountsAtOnce() {
        agenda.load(List.of(every(1, 60_000)));
        refresh(1, 0, 1, DATA);
        agenda.load(List.of(every(1, 500)));

        assertThat(plan(499, 1L)).isEmpty();
        assertThat(plan(500, 1L)).containsExactly(1L);
    }

    @Test
    void cycleDoesNotBlockItself() {
        agenda.load(List.of(calculated(1, 2), calculated(2, 1), calculated(3, 3)));

        assertThat(plan(0, 1L, 2L, 3L)).isNotEmpty().contains(3L);
        finish(1, 1, DATA);
        finish(2, 1, DATA);
        assertThat(plan(2, 1L, 2L)).isNotEmpty();
    }

    @Test
    void veryLongScheduleIsNoProblem() {
        agenda.load(List.of(every(1, Long.MAX_VALUE)));
        refresh(1, 0, 1, DATA);

        assertThat(plan(Duration.ofDays(36_500).toMillis(), 1L)).isEmpty();
    }

    private List<Long> plan(long now, long... pending) {
        return agenda.plan(at(now), ids(pending)).start();
    }

    private void finish(long id, long now, Result result) {
        agenda.finished(id, at(now), result);
    }

    private void refresh(long id, long start, long end, Result result) {
        assertThat(plan(start, id)).containsExactly(id);
        finish(id, end, result);
    }

    private static Entry calculated(long id, long... upstream) {
        return every(id, 0, upstream);
    }

    private static Entry every(long id, long period, long... upstream) {
        return new Entry(id, ms(period), Trigger.CHANGES, true, ids(upstream));
    }

    private static Set<Long> ids(long... ids) {
        return Arrays.stream(ids).boxed().collect(Collectors.toSet());
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private static Instant at(long millis) {
        return Instant.EPOCH.plusMillis(millis);
    }

    @Test
    void cronIsDueAtItsTimesWhateverIsPending() {
        agenda.load(List.of(cron(1, "10 * * * * *", 5000)));

        assertThat(agenda.waitsForChanges(at(9000))).isFalse();
        assertThat(agenda.plan(at(9999), Set.of(1L)).start()).isEmpty();
        assertThat(agenda.plan(at(9999), Set.of(1L)).next()).contains(at(10_000));
        assertThat(plan(10_000)).containsExactly(1L);
        finish(1, 10_010, NOTHING);
        assertThat(plan(10_011, 1L)).isEmpty();
        assertThat(plan(69_999, 1L)).isEmpty();
        assertThat(plan(70_001)).containsExactly(1L);
        finish(1, 200_000, DATA);
        assertThat(plan(200_000)).as("what was missed is made up for once").containsExactly(1L);
        finish(1, 200_100, DATA);
        assertThat(plan(249_999)).isEmpty();
        assertThat(plan(250_000)).containsExactly(1L);
    }

    @Test
    void cronReaderWaitsForItsUpstreamOfTheSameTime() {
        agenda.load(
                List.of(
                        cron(1, "10 * * * * *", 5000),
                        new Entry(
                                2,
                                new Rhythm.At((Cron) Schedule.parse("10 * * * * *")),
                                Trigger.TIME,
                                true,
                                Set.of(1L),
                                Optional.of(at(5000)))));

        assertThat(plan(10_000)).containsExactly(1L);
        assertThat(plan(10_005)).isEmpty();
        finish(1, 10_010, DATA);
        assertThat(plan(10_010)).containsExactly(2L);
    }

    @Test
    void anUnpopulatedCronOneIsDueAtOnce() {
        agenda.load(
                List.of(
                        new Entry(
                                1,
                                new Rhythm.At((Cron) Schedule.parse("@yearly")),
                                Trigger.TIME,
                                true,
                                Set.of(),
                                Optional.empty())));

        assertThat(plan(0)).containsExactly(1L);
    }

    @Test
    void periodsGoOnFromWhatTheCatalogKnows() {
        agenda.load(
                List.of(
                        every(1, 60_000, Trigger.TIME, 1000),
                        every(2, 60_000, Trigger.CHANGES, 2000)));

        assertThat(plan(3000, 2L)).isEmpty();
        assertThat(agenda.plan(at(3000), Set.of(2L)).next()).contains(at(61_000));
        assertThat(plan(61_000, 2L)).containsExactly(1L);
        finish(1, 61_500, DATA);
        assertThat(plan(62_000, 2L)).containsExactly(2L);
        agenda.load(
                List.of(
                        every(1, 60_000, Trigger.TIME, 61_500),
                        every(2, 60_000, Trigger.CHANGES, 2000)));
        assertThat(plan(121_000)).as("from the start, as before").containsExactly(1L);
    }

    @Test
    void oneThatSomebodyElseFillsHasBeenRefreshed() {
        agenda.load(List.of(new Entry(1, ms(60_000), Trigger.TIME, false, Set.of())));
        assertThat(plan(0)).containsExactly(1L);
        finish(1, 1, BUSY);
        agenda.load(List.of(every(1, 60_000, Trigger.TIME, 50)));

        assertThat(plan(60_049)).isEmpty();
        assertThat(plan(60_050)).containsExactly(1L);
    }

    @Test
    void aRefreshInTheFutureCountsAsOneOfNow() {
        agenda.load(List.of(every(1, 60_000, Trigger.TIME, 1_000_000_000)));

        assertThat(plan(1000)).isEmpty();
        assertThat(plan(60_999)).isEmpty();
        assertThat(plan(61_000)).containsExactly(1L);
    }

    private static Entry every(long id, long period, Trigger trigger, long lastRefresh) {
        return new Entry(
                id,
                new Rhythm.Every(ms(period), true),
                trigger,
                true,
                Set.of(),
                Optional.of(at(lastRefresh)));
    }

    private static Entry cron(long id, String expression, long lastRefresh) {
        return new Entry(
                id,
                new Rhythm.At((Cron) Schedule.parse(expression)),
                Trigger.TIME,
                true,
                Set.of(),
                Optional.of(at(lastRefresh)));
    }

    @Test
    void theLimitCanChangeWhileRefreshesRun() {
        Deque<Integer> limits = new ArrayDeque<>(List.of(1, 2, 1));
        Agenda changing =
                new Agenda((wanted, running) -> Slots.of(limits.pop()).take(wanted, running));
        changing.load(List.of(calculated(1), calculated(2), calculated(3)));
        assertThat(changing.plan(at(0), Set.of(1L, 2L, 3L)).start()).hasSize(1);
        assertThat(changing.plan(at(1), Set.of(1L, 2L, 3L)).start()).hasSize(1);
        assertThat(changing.running()).isEqualTo(2);
        assertThat(changing.plan(at(2), Set.of(1L, 2L, 3L)).start()).isEmpty();
    }
}
