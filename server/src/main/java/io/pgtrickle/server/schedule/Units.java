package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.refresh.AtomicGroup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Makes one entry of the stream tables that are refreshed together.
///
/// Groups with a common member are one. So are groups that would wait for each other, since each
/// has a member that reads one of the other's. Used once.
final class Units {
    private final Map<Long, Entry> entries = new TreeMap<>();

    /// For each stream table another one of its unit, itself for the first.
    private final Map<Long, Long> same = new HashMap<>();

    private final Set<Long> slowest = new HashSet<>();

    private Units(Collection<Entry> entries) {
        entries.forEach(entry -> this.entries.put(entry.id(), entry));
        this.entries.keySet().forEach(id -> same.put(id, id));
    }

    /// The entries of what is refreshed alone, as they are, and one for each group, with the
    /// smallest id of its members.
    static List<Entry> of(Collection<Entry> entries, Collection<AtomicGroup> groups) {
        Units units = new Units(entries);
        for (AtomicGroup group : groups) {
            List<Long> members =
                    group.members().stream().filter(units.entries::containsKey).toList();
            units.join(members);
            if (group.slowest()) {
                units.slowest.addAll(members);
            }
        }
        new Circles(units.entries, units::unit).find().forEach(units::join);
        return units.entries();
    }

    private long unit(long id) {
        long next = same.getOrDefault(id, id);
        return next == id ? id : unit(next);
    }

    private void join(List<Long> ids) {
        for (long id : ids) {
            long a = unit(id);
            long b = unit(ids.getFirst());
            same.put(Math.max(a, b), Math.min(a, b));
        }
    }

    private List<Entry> entries() {
        Map<Long, List<Entry>> members = new TreeMap<>();
        for (long id : inOrder()) {
            Entry entry = entries.get(id);
            if (entry != null) {
                members.computeIfAbsent(unit(id), _ -> new ArrayList<>()).add(entry);
            }
        }
        List<Entry> units = new ArrayList<>();
        members.forEach((id, together) -> {
            boolean cyclic = isCyclic(id, together);
            boolean last = together.stream().anyMatch(it -> slowest.contains(it.id()));
            Set<Long> upstream = new HashSet<>();
            together.forEach(it -> it.upstream().forEach(up -> upstream.add(unit(up))));
            upstream.remove(id);
            units.add(Entry.together(id, together, upstream, last, cyclic));
        });
        return units;
    }

    /// Whether members read each other, directly or by one another: one of them then comes before
    /// one that it reads.
    private boolean isCyclic(long id, List<Entry> inOrder) {
        Set<Long> before = new HashSet<>();
        for (Entry entry : inOrder) {
            if (entry.upstream().stream().anyMatch(up -> unit(up) == id && !before.contains(up))) {
                return true;
            }
            before.add(entry.id());
        }
        return false;
    }

    /// All ids, each after those it reads; in a circle, after those that do not read it.
    private List<Long> inOrder() {
        Set<Long> seen = new HashSet<>();
        List<Long> order = new ArrayList<>();
        entries.keySet().forEach(id -> visit(id, seen, order));
        return order;
    }

    private void visit(long id, Set<Long> seen, List<Long> order) {
        Entry entry = entries.get(id);
        if (entry == null || !seen.add(id)) {
            return;
        }
        entry.upstream().stream().sorted().forEach(up -> visit(up, seen, order));
        order.add(id);
    }

    /// Units that read each other, directly or not: the strongly connected components (Tarjan,
    /// *Depth-First Search and Linear Graph Algorithms*, SIAM Journal on Computing 1972).
    private static final class Circles {
        private final Map<Long, Set<Long>> upstream = new TreeMap<>();
        private final Map<Long, Integer> number = new HashMap<>();
        private final Deque<Long> open = new ArrayDeque<>();
        private final List<List<Long>> found = new ArrayList<>();

        /// The unit of a stream table.
        @FunctionalInterface
        interface UnitOf {
            long of(long id);
        }

        Circles(Map<Long, Entry> entries, UnitOf unit) {
            entries.forEach((id, entry) -> {
                Set<Long> read = upstream.computeIfAbsent(unit.of(id), _ -> new HashSet<>());
                entry.upstream().stream()
                        .filter(entries::containsKey)
                        .forEach(up -> read.add(unit.of(up)));
            });
        }

        /// @return the units of each circle; those that are in none are left out
        List<List<Long>> find() {
            for (long id : upstream.keySet()) {
                if (!number.containsKey(id)) {
                    visit(id);
                }
            }
            return found;
        }

        private int visit(long id) {
            int own = number.size();
            number.put(id, own);
            open.push(id);
            int low = own;
            for (long up : upstream.getOrDefault(id, Set.of())) {
                Integer seen = number.get(up);
                if (seen == null) {
                    low = Math.min(low, visit(up));
                } else if (open.contains(up)) {
                    low = Math.min(low, seen);
                }
            }
            if (low == own) {
                close(id);
            }
            return low;
        }

        private void close(long id) {
            List<Long> circle = new ArrayList<>();
            long last;
            do {
                last = open.pop();
                circle.add(last);
            } while (last != id);
            if (circle.size() > 1) {
                found.add(circle);
            }
        }
    }
}
