package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random graphs under random loads, milliseconds of simulated time at a time; a failure names its
/// seed.
class AgendaSimulationTest {
    private static final int CASES = 150;
    private static final long LOAD = 20_000;
    private static final long QUIET = 130_000;

    /// Longer than any wait in the load: every period, the upstreams' refreshes, other waiting ones
    /// and two retries.
    private static final long STARVED = 15_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 16})
    void everyRuleHoldsAtEveryMoment(int workers) {
        for (int seed = 0; seed < CASES; seed++) {
            new Simulation(seed, workers).run();
        }
    }

    private static final class Simulation {
        private final String name;
        private final Random random;
        private final RandomGraph graph;
        private final Agenda agenda;
        private final int workers;
        private final Map<Long, Entry> entries = new HashMap<>();

        /// Ends of the running refreshes by id.
        private final Map<Long, Long> running = new TreeMap<>();

        private final Map<Long, Long> startOfRunning = new HashMap<>();
        private final Map<Long, Long> lastData = new HashMap<>();
        private final Map<Long, Long> notBefore = new HashMap<>();
        private final Map<Long, Integer> failures = new HashMap<>();
        private final Map<Long, Long> staleSince = new HashMap<>();
        private final Map<Long, Long> wantedSince = new HashMap<>();

        /// Starts of the last refreshes that ended.
        private final Map<Long, Long> ended = new HashMap<>();

        private final Map<Long, Integer> holds = new HashMap<>();
        private final Map<Long, Long> heldAt = new HashMap<>();
        private long releasedAt = -1;

        private final double failureRate;
        private final double holdRate;
        private final int commitEvery;
        private long now;

        Simulation(int seed, int workers) {
            this.name = "seed " + seed + ", workers " + workers;
            this.random = new Random(seed);
            this.graph = new RandomGraph(random);
            this.workers = workers;
            this.agenda = new Agenda(workers);
            this.failureRate = random.nextInt(3) == 0 ? 0.1 : 0;
            this.holdRate = random.nextInt(3) == 0 ? 0.1 : 0;
            this.commitEvery = 1 + random.nextInt(200);
            graph.entries.forEach(entry -> entries.put(entry.id(), entry));
            agenda.load(graph.entries);
        }

        void run() {
            long wakeAt = 0;
            while (now < LOAD + QUIET) {
                boolean event = now < LOAD && random.nextInt(commitEvery) == 0;
                if (event) {
                    graph.commit();
                }
                event |= finishEnded();
                if (random.nextInt(2000) == 0) {
                    release();
                    event = true;
                }
                if (event || now >= wakeAt) {
                    wakeAt = plan();
                }
                if (now % 50 == 0) {
                    checkStarvation();
                }
                now = now < LOAD ? now + 1 : next(wakeAt);
            }
            assertThat(graph.pending()).as(name + ": all fresh in the end").isEmpty();
        }

        /// @return when to plan again
        private long plan() {
            lookAround();
            Set<Long> ranBefore = Set.copyOf(running.keySet());
            Turn turn = agenda.plan(at(now), graph.pending());
            checkOrder(turn.start(), ranBefore);
            turn.start().forEach(this::start);
            assertThat(running.size()).as(name).isLessThanOrEqualTo(workers);
            assertThat(agenda.running()).as(name).isEqualTo(running.size());
            Instant next = turn.next().orElse(Instant.MAX);
            assertThat(next).as(name).isAfter(at(now));
            return next.equals(Instant.MAX) ? Long.MAX_VALUE : next.toEpochMilli();
        }

        /// Without a load nothing happens between one end or due time and the next.
        private long next(long wakeAt) {
            return Math.max(now + 1, running.values().stream().reduce(wakeAt, Math::min));
        }

        private void start(long id) {
            assertThat(running)
                    .as(name + ": one refresh of " + id + " at a time")
                    .doesNotContainKey(id);
            assertThat(now)
                    .as(name + ": backoff of " + id)
                    .isGreaterThanOrEqualTo(notBefore.getOrDefault(id, 0L));
            if (!failures.containsKey(id)) {
                assertThat(now).as(name + ": phase of " + id).isGreaterThanOrEqualTo(dueAt(id));
            }
            staleSince.remove(id);
            graph.begin(id);
            running.put(id, now + 1 + random.nextInt(40));
            startOfRunning.put(id, now);
        }

        /// Notes since when each stream table wants a refresh, by rules of our own.
        private void lookAround() {
            Set<Long> pending = graph.pending();
            entries.forEach((id, entry) -> {
                boolean wants =
                        !running.containsKey(id)
                                && now >= notBefore.getOrDefault(id, 0L)
                                && (failures.containsKey(id)
                                        || (now >= dueAt(id)
                                                && (entry.trigger() == Entry.Trigger.TIME
                                                        || pending.contains(id))));
                if (wants) {
                    wantedSince.putIfAbsent(id, now);
                } else {
                    wantedSince.remove(id);
                }
            });
        }

        private long dueAt(long id) {
            Long last = lastData.get(id);
            return last == null ? 0 : entry(id).rhythm().after(at(last), 1).toEpochMilli();
        }

        /// An upstream that runs or wants to comes first, unless one of its refreshes fell into the
        /// wait.
        private void checkOrder(List<Long> started, Set<Long> ranBefore) {
            for (long id : started) {
                long since = wantedSince.getOrDefault(id, Long.MAX_VALUE);
                for (long upstream : entry(id).upstream()) {
                    if (ranBefore.contains(upstream) || wantedSince.containsKey(upstream)) {
                        assertThat(ended.getOrDefault(upstream, -1L))
                                .as(name + ": " + id + " starts before " + upstream)
                                .isGreaterThanOrEqualTo(since);
                    }
                }
            }
        }

        private boolean finishEnded() {
            List<Long> done = new ArrayList<>();
            running.forEach((id, end) -> {
                if (end <= now) {
                    done.add(id);
                }
            });
            done.forEach(this::finish);
            return !done.isEmpty();
        }

        private void finish(long id) {
            running.remove(id);
            long start = startOfRunning.getOrDefault(id, now);
            ended.put(id, start);
            heldAt.remove(id);
            if (random.nextDouble() < failureRate) {
                holds.remove(id);
                int times = failures.merge(id, 1, Integer::sum);
                notBefore.put(id, now + Math.min(60_000, 1000L << Math.min(times - 1, 10)));
                agenda.finished(id, at(now), new Result.Failed("XX000", "random"));
                return;
            }
            if (random.nextDouble() < holdRate) {
                int times = holds.merge(id, 1, Integer::sum);
                boolean released = releasedAt > start;
                notBefore.put(
                        id,
                        now
                                + (released
                                        ? 100
                                        : Math.min(30_000, 1000L << Math.min(times - 1, 10))));
                heldAt.put(id, now);
                agenda.finished(id, at(now), new Result.Held());
                return;
            }
            holds.remove(id);
            failures.remove(id);
            boolean data = graph.commitRefresh(id);
            if (data || entry(id).trigger() == Entry.Trigger.TIME) {
                lastData.put(id, start);
            }
            agenda.finished(id, at(now), data ? new Result.Refreshed() : new Result.Nothing());
        }

        /// Opens all gates. A refresh that runs may have seen them closed.
        private void release() {
            agenda.released(at(now));
            heldAt.forEach((id, since) -> {
                if (!running.containsKey(id)) {
                    holds.remove(id);
                    notBefore.merge(id, Math.max(now, since + 100), Math::min);
                }
            });
            releasedAt = now;
        }

        private void checkStarvation() {
            Set<Long> pending = graph.pending();
            for (long id : entries.keySet()) {
                if (pending.contains(id)
                        && !running.containsKey(id)
                        && !failures.containsKey(id)
                        && !holds.containsKey(id)) {
                    long since = staleSince.computeIfAbsent(id, _ -> now);
                    assertThat(now - since).as(name + ": " + id + " starves").isLessThan(STARVED);
                } else {
                    staleSince.remove(id);
                }
            }
        }

        private Entry entry(long id) {
            return Objects.requireNonNull(entries.get(id));
        }

        private static Instant at(long millis) {
            return Instant.EPOCH.plus(Duration.ofMillis(millis));
        }
    }
}
