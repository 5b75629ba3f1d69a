package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Ordering.DistinctOn;
import io.pgtrickle.tests.query.Ordering.Sort;
import io.pgtrickle.tests.query.Ordering.Sorted;
import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Random queries whose answer depends on an order, which is total where it must be.
final class OrderGenerator {
    private final QueryGenerator queries;
    private final Dice dice;

    OrderGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// ORDER BY with LIMIT, OFFSET, FETCH, or nothing.
    Rel top(Scope scope) {
        Rel query = sortable(scope);
        if (dice.chance(0.2)) {
            return new Sorted(
                    query,
                    dice.some(order(query), dice.between(1, 2)),
                    " FETCH FIRST " + dice.between(1, 4) + " ROWS WITH TIES");
        }
        return dice.chance(0.1) ? new Sorted(query, order(query), "") : limited(query);
    }

    /// The first rows of a query in a total order.
    Rel limited(Rel query) {
        Rel plain =
                query instanceof Rel.Select || query instanceof Rel.SetOperation
                        ? query
                        : selected(query);
        String limit = " LIMIT " + dice.between(1, 5);
        String bounds =
                dice.oneOf(
                        limit,
                        limit,
                        limit + " OFFSET " + dice.between(1, 3),
                        " OFFSET " + dice.between(1, 3),
                        " FETCH FIRST " + dice.between(1, 3) + " ROWS ONLY");
        return new Sorted(plain, order(plain), bounds);
    }

    /// The first value of a query with one column.
    static Rel one(Rel.Select query, String direction) {
        return new Sorted(
                query, List.of(new Sort(query.targets().getFirst().name(), direction)), " LIMIT 1");
    }

    /// DISTINCT ON.
    Rel distinctOn(Scope scope) {
        Rel query = sortable(scope);
        Rel.Select select =
                query instanceof Rel.Select plain && plain.duplicates() == Duplicates.KEEP
                        ? plain
                        : selected(query);
        List<Sort> order = order(select);
        return new DistinctOn(select, dice.between(1, Math.min(2, order.size())), order);
    }

    private List<Sort> order(Rel query) {
        List<Sort> all =
                new ArrayList<>(
                        query.fields().stream()
                                .map(it -> new Sort(it.name(), direction()))
                                .toList());
        List<Sort> shuffled = new ArrayList<>();
        while (!all.isEmpty()) {
            shuffled.add(all.remove(dice.between(0, all.size() - 1)));
        }
        return shuffled;
    }

    String direction() {
        return dice.oneOf("", "", " DESC", " DESC NULLS LAST", " NULLS FIRST");
    }

    /// A SELECT or a set operation, all of whose columns have an order.
    private Rel sortable(Scope scope) {
        Rel query =
                switch (dice.between(0, 5)) {
                    case 0 -> new SetGenerator(queries).union(scope);
                    case 1 -> queries.groups().rich(scope);
                    case 2 -> new WindowGenerator(queries).windowed(scope);
                    default -> queries.select(scope);
                };
        if (query.fields().stream().allMatch(it -> it.type().hasEquality())) {
            return query;
        }
        return query.fields().stream().anyMatch(it -> it.type().hasEquality())
                ? selected(query)
                : new Rel.Values(List.of(List.of(Values.constant(dice, Type.INTEGER))));
    }

    /// The columns of a query that have an order.
    private Rel.Select selected(Rel query) {
        From.Sub from = new From.Sub("", query, queries.alias());
        return Rel.Select.of(
                from.atoms().stream()
                        .filter(it -> it.type().hasEquality())
                        .map(it -> new Target(((Expr.Ref) it).field().name(), it))
                        .toList(),
                from,
                Optional.empty());
    }
}
