package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Cron;
import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.refresh.AtomicGroup;
import io.pgtrickle.server.schedule.Entry.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnitsTest {
    private static Entry table(long id, int seconds, Long... upstream) {
        return new Entry(id, Duration.ofSeconds(seconds), Trigger.CHANGES, true, Set.of(upstream));
    }

    private static AtomicGroup group(Long... members) {
        return new AtomicGroup(Set.of(members), false);
    }

    @Test
    void withoutGroupsNothingIsJoined() {
        List<Entry> tables = List.of(table(1, 1), table(2, 2, 1L), table(3, 3, 2L));
        assertThat(Units.of(tables, List.of())).isEqualTo(tables);
    }

    @Test
    void aGroupIsRefreshedInOrderWhenTheFirstIsDue() {
        List<Entry> tables = List.of(table(1, 5, 9L), table(3, 1, 4L, 1L), table(4, 9, 1L, 7L));
        assertThat(Units.of(tables, List.of(group(3L, 4L))))
                .containsExactly(
                        table(1, 5, 9L),
                        new Entry(
                                3,
                                List.of(4L, 3L),
                                new Rhythm.Every(Duration.ofSeconds(1), true),
                                Optional.empty(),
                                true,
                                Set.of(1L, 7L),
                                Optional.empty()));
    }

    @Test
    void theSlowestDecidesWhereOneGroupSaysSo() {
        List<Entry> tables = List.of(table(1, 5), table(2, 1, 1L), table(3, 9, 1L));
        assertThat(Units.of(tables, List.of(group(1L, 2L), new AtomicGroup(Set.of(2L, 3L), true))))
                .singleElement()
                .satisfies(unit -> {
                    assertThat(unit.rhythm())
                            .isEqualTo(new Rhythm.Every(Duration.ofSeconds(9), true));
                    assertThat(unit.members()).containsExactly(1L, 2L, 3L);
                });
    }

    @Test
    void periodsAndTimesOfTheCalendarAreDueTogether() {
        Rhythm hourly = new Rhythm.At((Cron) Schedule.parse("@hourly"));
        List<Entry> tables =
                List.of(
                        new Entry(
                                1, hourly, Trigger.TIME, true, Set.of(), Optional.of(at("04:50"))),
                        new Entry(
                                2,
                                new Rhythm.Every(Duration.ofMinutes(30), true),
                                Trigger.CHANGES,
                                true,
                                Set.of(1L),
                                Optional.of(at("04:55"))));
        Entry first = Units.of(tables, List.of(group(1L, 2L))).getFirst();
        Entry last = Units.of(tables, List.of(new AtomicGroup(Set.of(1L, 2L), true))).getFirst();

        assertThat(first.rhythm().after(at("04:50"), 1)).isEqualTo(at("05:00"));
        assertThat(last.rhythm().after(at("04:50"), 1)).isEqualTo(at("05:20"));
        assertThat(last.alarm()).contains(last.rhythm());
        assertThat(first.alarm()).contains(hourly);
        assertThat(first.lastRefresh()).contains(at("04:50"));
        assertThat(last.rhythm().limit()).contains(Duration.ofMinutes(30));
    }

    private static Instant at(String time) {
        return Instant.parse("2026-11-22T" + time + ":00Z");
    }

    @Test
    void aRecomputedMemberSaysWhen() {
        Entry recomputed = new Entry(2, Duration.ofSeconds(4), Trigger.TIME, true, Set.of(1L));
        assertThat(Units.of(List.of(table(1, 0), recomputed), List.of(group(1L, 2L))))
                .containsExactly(
                        new Entry(
                                1,
                                List.of(1L, 2L),
                                new Rhythm.Every(Duration.ofSeconds(4), true),
                                Optional.of(new Rhythm.Every(Duration.ofSeconds(4), true)),
                                true,
                                Set.of(),
                                Optional.empty()));
    }

    @Test
    void groupsThatWouldWaitForEachOtherAreOne() {
        List<Entry> tables =
                List.of(
                        table(1, 1),
                        table(2, 1, 4L),
                        table(3, 1, 1L),
                        table(4, 1),
                        table(5, 1, 2L));
        assertThat(Units.of(tables, List.of(group(1L, 2L), group(3L, 4L))))
                .extracting(Entry::members)
                .containsExactly(List.of(1L, 4L, 2L, 3L), List.of(5L));
    }

    @Test
    void membersThatAreNotThereAreLeftOut() {
        assertThat(Units.of(List.of(table(1, 1), table(2, 1)), List.of(group(1L, 8L))))
                .containsExactly(table(1, 1), table(2, 1));
    }

    @Test
    void randomGroupsGiveUnitsWithoutCirclesInOrder() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int count = 1 + random.nextInt(40);
            List<Entry> tables = new ArrayList<>();
            for (long id = 1; id <= count; id++) {
                Set<Long> upstream = new HashSet<>();
                for (int i = random.nextInt(3); i > 0 && id > 1; i--) {
                    upstream.add(1 + random.nextLong(id - 1));
                }
                tables.add(table(id, 1, upstream.toArray(Long[]::new)));
            }
            List<AtomicGroup> groups = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                Set<Long> members = new HashSet<>();
                random.longs(1 + random.nextInt(4), 1, count + 1L).forEach(members::add);
                groups.add(new AtomicGroup(members, false));
            }
            check("seed " + seed, tables, groups, Units.of(tables, groups));
        }
    }

    private static void check(
            String name, List<Entry> tables, List<AtomicGroup> groups, List<Entry> units) {
        Map<Long, Entry> unitOf = new HashMap<>();
        units.forEach(unit -> unit.members().forEach(id -> unitOf.put(id, unit)));
        assertThat(units.stream().mapToInt(it -> it.members().size()).sum())
                .as(name)
                .isEqualTo(tables.size());
        assertThat(unitOf.keySet()).as(name).hasSize(tables.size());
        for (AtomicGroup group : groups) {
            assertThat(group.members().stream().map(unitOf::get).distinct()).as(name).hasSize(1);
        }
        for (Entry table : tables) {
            Entry unit = Objects.requireNonNull(unitOf.get(table.id()));
            List<Long> members = unit.members();
            for (long up : table.upstream()) {
                if (members.contains(up)) {
                    assertThat(members.indexOf(up))
                            .as(name)
                            .isLessThan(members.indexOf(table.id()));
                } else {
                    assertThat(unit.upstream())
                            .as(name)
                            .contains(Objects.requireNonNull(unitOf.get(up)).id());
                }
            }
        }
        Upstreams edges = Upstreams.of(units);
        units.forEach(unit -> assertThat(edges.of(unit.id())).as(name).isEqualTo(unit.upstream()));
    }
}
