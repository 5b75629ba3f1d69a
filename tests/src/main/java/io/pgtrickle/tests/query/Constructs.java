package io.pgtrickle.tests.query;

import java.util.Set;
import java.util.TreeSet;

/// What occurs in a query, by name.
public final class Constructs {
    private static final int DEEP = 4;

    private Constructs() {}

    /// The names of the constructs of a query, and how deep its SELECTs nest.
    public static Set<String> of(Rel query) {
        Set<String> found = new TreeSet<>();
        query.all().forEach(it -> found.addAll(it.labels()));
        query.all()
                .filter(it -> it instanceof Rel.Select select && select.aggregates())
                .filter(it ->
                        ((Rel.Select) it)
                                .from()
                                .all()
                                .anyMatch(below ->
                                        below instanceof Rel.Select select && select.aggregates()))
                .forEach(_ -> found.add("aggregate over aggregate"));
        found.add("nested " + Math.min(DEEP, depth(query)) + " deep");
        return found;
    }

    private static int depth(Node node) {
        int below = node.children().stream().mapToInt(Constructs::depth).max().orElse(0);
        return node instanceof Rel.Select ? below + 1 : below;
    }
}
