package io.pgtrickle.tests.immediate;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What happened to writers. Thread-safe.
public final class LoadTally {
    /// Errors after which PostgreSQL asks to try again.
    static final List<String> RETRIED = List.of("40001", "40P01");

    private final Level level;
    private final LongAdder committed = new LongAdder();
    private final LongAdder rolledBack = new LongAdder();
    private final LongAdder compared = new LongAdder();
    private final AtomicInteger attempts = new AtomicInteger();
    private final Map<String, LongAdder> states = new ConcurrentSkipListMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    LoadTally(Level level) {
        this.level = level;
        RETRIED.forEach(state -> states.put(state, new LongAdder()));
    }

    void ended(boolean commit, int attempt) {
        (commit ? committed : rolledBack).increment();
        attempts.accumulateAndGet(attempt, Math::max);
    }

    void retried(String state) {
        states.computeIfAbsent(state, _ -> new LongAdder()).increment();
    }

    void compared() {
        compared.increment();
    }

    void failed(String failure) {
        failures.add(failure);
    }

    /// Whatever must not have happened.
    public List<String> failures() {
        return List.copyOf(failures);
    }

    /// Transactions that were committed.
    public long commits() {
        return committed.sum();
    }

    /// How often stream tables were compared with their queries meanwhile.
    public long comparisons() {
        return compared.sum();
    }

    /// How often each of the errors came that were cured by trying again.
    public SortedMap<String, Long> retries() {
        SortedMap<String, Long> sums = new TreeMap<>();
        states.forEach((state, count) -> sums.put(state, count.sum()));
        return sums;
    }

    @Override
    public String toString() {
        return "%s: %d commits, %d rollbacks, retried after %s, at most %d attempts, %d comparisons, %d failures"
                .formatted(
                        level.sql(),
                        commits(),
                        rolledBack.sum(),
                        retries(),
                        attempts.get(),
                        comparisons(),
                        failures.size());
    }
}
