package io.pgtrickle.tests.turmoil;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The stream tables that troubles concern at the moment. Thread-safe.
final class Struck {
    private final Map<String, Integer> late = new ConcurrentHashMap<>();
    private final Map<String, Integer> stopped = new ConcurrentHashMap<>();

    void begin(Trouble trouble, Set<String> waiting) {
        count(late, waiting, 1);
        count(stopped, trouble.stops(), 1);
    }

    void end(Trouble trouble, Set<String> waiting) {
        count(late, waiting, -1);
        count(stopped, trouble.stops(), -1);
    }

    private static void count(Map<String, Integer> counts, Collection<String> names, int change) {
        names.forEach(it -> counts.merge(it, change, Integer::sum));
    }

    /// Whether one may be refreshed late.
    boolean mayBeLate(String name) {
        return late.getOrDefault(name, 0) > 0;
    }

    /// Whether one may have another status than ACTIVE.
    boolean mayStop(String name) {
        return stopped.getOrDefault(name, 0) > 0;
    }
}
