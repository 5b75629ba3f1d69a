package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.refresh.AtomicGroup;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// In which order those that wait get a worker.
final class RankTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    /// All that there is, the most urgent last: a cycle 1 and 2, a cold, a warm and a hot one, a
    /// group 6 and 7, an immediate one.
    private static final List<Entry> ALL =
            Units.of(
                    List.of(
                            entry(1, Tier.HOT, false, 2L),
                            entry(2, Tier.HOT, false, 1L),
                            entry(3, Tier.COLD, false),
                            entry(4, Tier.WARM, false),
                            entry(5, Tier.HOT, false),
                            entry(6, Tier.COLD, false),
                            entry(7, Tier.HOT, false, 6L),
                            entry(8, Tier.HOT, true)),
                    List.of(
                            new AtomicGroup(Set.of(1L, 2L), false),
                            new AtomicGroup(Set.of(6L, 7L), false)));

    private static final Set<Long> PENDING = Set.of(1L, 3L, 4L, 5L, 6L, 8L);

    @Test
    void kindsOfUnitsAreTold() {
        assertThat(ALL)
                .extracting(it -> it.rank().kind())
                .containsExactly(
                        UnitKind.CYCLIC_SCC,
                        UnitKind.SINGLETON,
                        UnitKind.SINGLETON,
                        UnitKind.SINGLETON,
                        UnitKind.ATOMIC_GROUP,
                        UnitKind.IMMEDIATE_CLOSURE);
        assertThat(ALL)
                .extracting(it -> it.rank().tier())
                .containsExactly(Tier.HOT, Tier.COLD, Tier.WARM, Tier.HOT, Tier.HOT, Tier.HOT);
    }

    @Test
    void ofThoseThatBeganToWaitTogetherTheMostUrgentGoFirst() {
        Agenda agenda = new Agenda(1);
        agenda.load(ALL);
        List<Long> order = new ArrayList<>();
        for (int i = 0; i < ALL.size(); i++) {
            Set<Long> left = new HashSet<>(PENDING);
            left.removeAll(order);
            long next = agenda.plan(START.plusMillis(i), left).start().getFirst();
            order.add(next);
            agenda.finished(next, START.plusMillis(i), new Result.Refreshed());
        }
        assertThat(order).containsExactly(8L, 6L, 5L, 4L, 3L, 1L);
    }

    /// However many urgent ones there are, the least urgent waits for seconds, not for ever.
    @Test
    void theLeastUrgentIsNotStarved() {
        Agenda agenda = new Agenda(1);
        agenda.load(ALL);
        Set<Long> once = new HashSet<>();
        Instant now = START;
        while (once.size() < ALL.size() && now.isBefore(START.plusSeconds(60))) {
            long next = agenda.plan(now, PENDING).start().getFirst();
            now = now.plusMillis(100);
            agenda.finished(next, now, new Result.Refreshed());
            once.add(next);
        }
        assertThat(once).hasSize(ALL.size());
        assertThat(now).isBefore(START.plusSeconds(6));
    }

    @Test
    void theDryRunSaysWhatWouldBeDoneTogether() {
        assertThat(
                        Plan.of(
                                List.of(
                                        entry(1, Tier.HOT, false),
                                        entry(2, Tier.COLD, false, 1L),
                                        entry(3, Tier.HOT, false, 1L),
                                        entry(4, Tier.HOT, false, 2L, 3L)),
                                new Limits(Limits.Mode.DRY_RUN, 3, 0, 4),
                                id -> "t" + id))
                .containsExactly(
                        "4 units in 3 waves, at most 3 at the same time",
                        "wave 1: s:t1",
                        "wave 2: s:t3, s:t2",
                        "wave 3: s:t4");
    }

    private static Entry entry(long id, Tier tier, boolean immediate, Long... upstream) {
        return Entry.of(
                new Schedulable(
                        id,
                        new QualifiedName("public", "t" + id),
                        "0",
                        false,
                        true,
                        Set.of(upstream),
                        Optional.empty(),
                        tier,
                        immediate,
                        true),
                new Schedule.Calculated(),
                Pace.of(1, Duration.ofSeconds(1)));
    }
}
