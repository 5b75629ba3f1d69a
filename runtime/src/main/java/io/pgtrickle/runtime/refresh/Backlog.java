package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The stream tables that may have pending changes: those that read a buffer which was written to
/// since their last refresh began. It may name one too many, whose refresh finds nothing.
///
/// Thread-safe.
final class Backlog {
    private final Set<Long> waiting = new HashSet<>();
    private Map<String, Set<Long>> readers = Map.of();

    /// A stream table reads a buffer.
    ///
    /// @param buffer the buffer's suffix
    /// @param immediate whether the stream table follows within the writing transaction
    record Reading(String buffer, long reader, boolean immediate) {}

    /// Takes who reads what now. Who reads what an IMMEDIATE stream table writes has news when that
    /// one's sources have.
    synchronized void graph(Collection<Reading> readings) {
        Map<String, Set<Reading>> direct = new HashMap<>();
        readings.forEach(it -> direct.computeIfAbsent(it.buffer(), _ -> new HashSet<>()).add(it));
        Map<String, Set<Long>> all = new HashMap<>();
        for (String buffer : direct.keySet()) {
            Set<Long> found = new HashSet<>();
            collect(direct, buffer, found, new HashSet<>());
            all.put(buffer, found);
        }
        readers = all;
        Set<Long> known = new HashSet<>();
        all.values().forEach(known::addAll);
        waiting.retainAll(known);
    }

    private static void collect(
            Map<String, Set<Reading>> direct, String buffer, Set<Long> found, Set<String> seen) {
        if (!seen.add(buffer)) {
            return;
        }
        for (Reading reading : direct.getOrDefault(buffer, Set.of())) {
            if (reading.immediate()) {
                collect(direct, output(reading.reader()), found, seen);
            } else {
                found.add(reading.reader());
            }
        }
    }

    private static String output(long id) {
        return CaptureSql.ofStreamTable(id).suffix();
    }

    /// Notes that buffers were written to.
    synchronized void written(Collection<String> buffers) {
        buffers.forEach(it -> waiting.addAll(readers.getOrDefault(it, Set.of())));
    }

    /// Notes stream tables that have pending changes.
    synchronized void add(Collection<Long> ids) {
        waiting.addAll(ids);
    }

    /// Notes, before their snapshot is taken, that stream tables are refreshed together.
    synchronized void begin(List<Long> ids) {
        ids.forEach(waiting::remove);
    }

    /// Notes how that ended.
    synchronized void end(List<Long> ids, List<RefreshOutcome> outcomes) {
        for (int i = 0; i < ids.size(); i++) {
            switch (outcomes.get(i).action()) {
                case SKIP -> waiting.add(ids.get(i));
                case NO_DATA -> {}
                case FULL, DIFFERENTIAL, REINITIALIZE ->
                        readers.getOrDefault(output(ids.get(i)), Set.of()).stream()
                                .filter(reader -> !ids.contains(reader))
                                .forEach(waiting::add);
            }
        }
    }

    /// Their ids.
    synchronized Set<Long> waiting() {
        return Set.copyOf(waiting);
    }
}
