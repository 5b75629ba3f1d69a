package io.pgtrickle.server.schedule;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/// What would be refreshed at the same time if all wanted it: waves, each of which reads only those
/// before it.
final class Plan {
    private final Map<Long, Integer> levels = new HashMap<>();
    private final Upstreams upstreams;

    private Plan(Upstreams upstreams) {
        this.upstreams = upstreams;
    }

    /// One line for all, and one for each wave.
    ///
    /// @param name of a stream table
    static List<String> of(Collection<Entry> units, Limits limits, LongFunction<String> name) {
        Plan plan = new Plan(Upstreams.of(units));
        Map<Integer, List<Entry>> waves = new TreeMap<>();
        for (Entry unit : units) {
            waves.computeIfAbsent(plan.level(unit.id()), _ -> new ArrayList<>()).add(unit);
        }
        Limits on = new Limits(Limits.Mode.ON, limits.refreshes(), limits.quota(), limits.pool());
        List<String> lines = new ArrayList<>();
        lines.add(
                "%d units in %d waves, at most %d at the same time"
                        .formatted(units.size(), waves.size(), on.most()));
        waves.forEach((wave, members) ->
                lines.add(
                        "wave "
                                + wave
                                + ": "
                                + members.stream()
                                        .sorted(order())
                                        .map(it -> text(it, name))
                                        .collect(Collectors.joining(", "))));
        return lines;
    }

    private static Comparator<Entry> order() {
        return Comparator.comparing((Entry it) -> it.rank().kind())
                .thenComparing(it -> it.rank().tier())
                .thenComparingLong(Entry::id);
    }

    private static String text(Entry unit, LongFunction<String> name) {
        String names = unit.members().stream().map(name::apply).collect(Collectors.joining(" + "));
        return unit.rank().kind().prefix() + ":" + names;
    }

    private int level(long id) {
        Integer known = levels.get(id);
        if (known != null) {
            return known;
        }
        int level = 1 + upstreams.of(id).stream().mapToInt(this::level).max().orElse(0);
        levels.put(id, level);
        return level;
    }
}
