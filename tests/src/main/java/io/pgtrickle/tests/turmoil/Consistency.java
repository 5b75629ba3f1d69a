package io.pgtrickle.tests.turmoil;

import io.pgtrickle.tests.postgres.TestDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Which stream tables are refreshed together, found in another way than by the scheduler.
final class Consistency {
    private Consistency() {}

    /// The groups that the database names, united while two have a member in common, or wait for
    /// each other.
    static List<Set<String>> units(TestDatabase database, List<TurmoilGraph.Table> tables) {
        List<Set<String>> units = new ArrayList<>();
        for (List<String> row :
                database.query(
                        "SELECT (SELECT string_agg(s.pgt_name, ',') FROM pgtrickle.pgt_stream_tables s"
                                + " WHERE s.pgt_id = ANY (g.members)) FROM pgtrickle._atomic_groups() g")) {
            units.add(new HashSet<>(Arrays.asList(row.getFirst().split(",", -1))));
        }
        for (Optional<Pair> next = connected(units, tables);
                next.isPresent();
                next = connected(units, tables)) {
            Set<String> united = new HashSet<>(units.get(next.get().first()));
            united.addAll(units.remove(next.get().second()));
            units.set(next.get().first(), united);
        }
        return units.stream().<Set<String>>map(Set::copyOf).toList();
    }

    private record Pair(int first, int second) {}

    private static Optional<Pair> connected(
            List<Set<String>> units, List<TurmoilGraph.Table> tables) {
        for (int i = 0; i < units.size(); i++) {
            for (int j = i + 1; j < units.size(); j++) {
                Set<String> a = units.get(i);
                Set<String> b = units.get(j);
                if (a.stream().anyMatch(b::contains)
                        || (reaches(a, b, units, tables) && reaches(b, a, units, tables))) {
                    return Optional.of(new Pair(i, j));
                }
            }
        }
        return Optional.empty();
    }

    /// Whether some of `to` reads some of `from`, directly or through others. Who is refreshed with
    /// one that reads does so too.
    private static boolean reaches(
            Set<String> from,
            Set<String> to,
            List<Set<String>> units,
            List<TurmoilGraph.Table> tables) {
        Set<String> reached = new HashSet<>(from);
        int size;
        do {
            size = reached.size();
            Set<String> readers =
                    tables.stream()
                            .filter(it -> it.reads().stream().anyMatch(reached::contains))
                            .map(TurmoilGraph.Table::name)
                            .collect(Collectors.toSet());
            reached.addAll(readers);
            units.stream()
                    .filter(unit -> unit.stream().anyMatch(readers::contains))
                    .forEach(reached::addAll);
        } while (reached.size() > size);
        return to.stream().anyMatch(reached::contains);
    }
}
