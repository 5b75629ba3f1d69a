package io.pgtrickle.server.schedule;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The edges from each stream table to the ones it reads, without cycles and without ones that are
/// not there.
///
/// Of a cycle the edge that closes it, seen from the smallest id, is left out: every stream table
/// of it is refreshed, none waits for itself. Immutable.
final class Upstreams {
    private final Map<Long, Set<Long>> edges = new HashMap<>();

    private Upstreams() {}

    static Upstreams of(Collection<Entry> entries) {
        Map<Long, Entry> byId = new HashMap<>();
        entries.forEach(entry -> byId.put(entry.id(), entry));
        Upstreams upstreams = new Upstreams();
        for (long id : new TreeSet<>(byId.keySet())) {
            upstreams.visit(id, byId, new HashSet<>());
        }
        return upstreams;
    }

    private void visit(long id, Map<Long, Entry> byId, Set<Long> path) {
        Entry entry = byId.get(id);
        if (entry == null || edges.containsKey(id)) {
            return;
        }
        path.add(id);
        Set<Long> kept = new TreeSet<>();
        for (long upstream : new TreeSet<>(entry.upstream())) {
            if (byId.containsKey(upstream) && !path.contains(upstream)) {
                visit(upstream, byId, path);
                kept.add(upstream);
            }
        }
        path.remove(id);
        edges.put(id, kept);
    }

    /// The stream tables that one reads directly, by id.
    Set<Long> of(long id) {
        return edges.getOrDefault(id, Set.of());
    }
}
