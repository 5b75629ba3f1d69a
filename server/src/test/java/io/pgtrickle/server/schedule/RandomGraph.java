package io.pgtrickle.server.schedule;

import io.pgtrickle.server.schedule.Entry.Trigger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// A random graph of stream tables over base tables, and what is pending in it.
///
/// Counts instead of rows: each table has a version, each stream table remembers which versions it
/// has applied.
final class RandomGraph {
    private static final int SOURCES = 3;

    final List<Entry> entries = new ArrayList<>();

    /// Everything an id reads: base tables are negative, stream tables positive.
    private final Map<Long, Set<Long>> reads = new HashMap<>();

    private final Map<Long, Long> version = new HashMap<>();
    private final Map<Long, Map<Long, Long>> applied = new HashMap<>();
    private final Map<Long, Map<Long, Long>> snapshot = new HashMap<>();
    private final Random random;

    RandomGraph(Random random) {
        this.random = random;
        int size = 1 + random.nextInt(12);
        long[] periods = {0, 0, 50, 500, 2000};
        for (long id = 1; id <= size; id++) {
            Set<Long> upstream = new HashSet<>();
            for (int i = random.nextInt(4); i > 0 && id > 1; i--) {
                upstream.add(1 + random.nextLong(id - 1));
            }
            Set<Long> all = new HashSet<>(upstream);
            if (upstream.isEmpty() || random.nextInt(4) == 0) {
                all.add(-1L - random.nextInt(SOURCES));
            }
            reads.put(id, all);
            Trigger trigger = random.nextInt(8) == 0 ? Trigger.TIME : Trigger.CHANGES;
            Duration period =
                    Duration.ofMillis(
                            trigger == Trigger.TIME
                                    ? 1000
                                    : periods[random.nextInt(periods.length)]);
            entries.add(new Entry(id, period, trigger, true, upstream));
        }
    }

    /// A commit on a base table.
    void commit() {
        version.merge(-1L - random.nextInt(SOURCES), 1L, Long::sum);
    }

    Set<Long> pending() {
        Set<Long> pending = new HashSet<>();
        for (Entry entry : entries) {
            if (entry.trigger() == Trigger.CHANGES && isStale(entry.id())) {
                pending.add(entry.id());
            }
        }
        return pending;
    }

    boolean isStale(long id) {
        return !applied.getOrDefault(id, Map.of()).equals(versions(id));
    }

    private Map<Long, Long> versions(long id) {
        Map<Long, Long> versions = new HashMap<>();
        for (long read : reads.getOrDefault(id, Set.of())) {
            Long now = version.get(read);
            if (now != null) {
                versions.put(read, now);
            }
        }
        return versions;
    }

    /// The refresh takes its snapshot.
    void begin(long id) {
        snapshot.put(id, versions(id));
    }

    /// The refresh commits.
    ///
    /// @return whether it had data
    boolean commitRefresh(long id) {
        Map<Long, Long> seen = snapshot.getOrDefault(id, Map.of());
        if (seen.equals(applied.put(id, seen))) {
            return false;
        }
        version.merge(id, 1L, Long::sum);
        return true;
    }
}
