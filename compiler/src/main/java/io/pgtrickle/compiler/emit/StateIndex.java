package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Equality;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The indexes of a state table: over the group keys, by which joins find rows, over what the term
/// of a recursion joins its rows by, and over the order of a limit that reads the front of the
/// table.
///
/// A B-tree over types of bounded size; a hash index over one key that can be long, since a B-tree
/// refuses long values. A number without precision counts as bounded in an order: it would need
/// thousands of digits to be refused.
final class StateIndex {
    private static final Set<String> BOUNDED =
            Set.of(
                    "smallint",
                    "integer",
                    "bigint",
                    "boolean",
                    "date",
                    "uuid",
                    "real",
                    "double precision",
                    "timestamp without time zone",
                    "timestamp with time zone");

    private StateIndex() {}

    /// Creates the indexes, as far as there are keys that can be indexed.
    ///
    /// @param name the name of the first one, and how those of the others begin
    static List<String> keys(Plan operator, String table, String name) {
        List<String> indexes = new ArrayList<>();
        for (List<Column> keys : lookups(operator)) {
            index(keys, table, indexes.isEmpty() ? name : name + "_" + indexes.size())
                    .ifPresent(indexes::add);
        }
        return indexes;
    }

    private static List<List<Column>> lookups(Plan operator) {
        return switch (operator) {
            case Plan.Aggregate aggregate -> List.of(aggregate.keys());
            case Plan.Recursive recursive
                    when RecursionSql.strategy(recursive) == RecursionSql.Strategy.REDERIVED ->
                    RecursiveTerm.lookups(recursive).stream()
                            .map(keys -> bounded(keys.getFirst()) ? keys : keys.subList(0, 1))
                            .toList();
            case Plan _ -> List.of();
        };
    }

    private static Optional<String> index(List<Column> keys, String table, String name) {
        List<Column> bounded = keys.stream().filter(StateIndex::bounded).toList();
        if (!bounded.isEmpty()) {
            return Optional.of(
                    create(
                            table,
                            name,
                            "btree",
                            bounded.stream().map(key -> Identifier.quote(key.name()))));
        }
        return keys.stream()
                .filter(key -> hashIndexed(key.type()))
                .findFirst()
                .map(key -> create(table, name, "hash", Stream.of(Identifier.quote(key.name()))));
    }

    /// Creates the index in the order of a limit over the stored result `number` in `plan`, as far
    /// as its keys can be indexed.
    static Optional<String> order(Plan plan, int number, String table, String name) {
        return plan.operators()
                .filter(Plan.Limit.class::isInstance)
                .map(Plan.Limit.class::cast)
                .filter(limit -> limit.partition().isEmpty())
                .flatMap(limit -> stored(limit.input(), number, limit.order()).stream())
                .filter(keys -> !keys.isEmpty())
                .findFirst()
                .map(keys ->
                        create(
                                table,
                                name,
                                "btree",
                                keys.stream()
                                        .map(key ->
                                                Identifier.quote(key.column().name())
                                                        + " "
                                                        + key.direction())));
    }

    /// The order over the columns of a stored result that a plan only filters and renames.
    private static Optional<List<Plan.SortKey>> stored(
            Plan plan, int number, List<Plan.SortKey> order) {
        return switch (plan) {
            case Plan.Stored stored when stored.number() == number ->
                    Optional.of(order.stream().takeWhile(StateIndex::sorted).toList());
            case Plan.Filter filter -> stored(filter.input(), number, order);
            case Plan.Project project -> stored(project.input(), number, renamed(project, order));
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    Optional.empty();
        };
    }

    /// The first keys of an order that are columns of the projection's input, under their names
    /// there.
    private static List<Plan.SortKey> renamed(Plan.Project project, List<Plan.SortKey> order) {
        List<Plan.SortKey> keys = new ArrayList<>();
        for (Plan.SortKey key : order) {
            Optional<Expr> definition =
                    project.assignments().stream()
                            .filter(it -> it.column().name().equals(key.column().name()))
                            .map(Plan.Assignment::expression)
                            .findFirst();
            if (!(definition.orElse(null) instanceof Expr.Ref(String name))) {
                break;
            }
            Column column = key.column();
            keys.add(
                    new Plan.SortKey(
                            new Column(name, column.type(), column.nullability()),
                            key.direction()));
        }
        return keys;
    }

    private static boolean sorted(Plan.SortKey key) {
        String type = key.column().type().sqlName();
        return (BOUNDED.contains(type) || type.startsWith("numeric"))
                && !key.direction().startsWith("USING");
    }

    private static boolean bounded(Column column) {
        return BOUNDED.contains(column.type().sqlName());
    }

    private static boolean hashIndexed(TypeFacts type) {
        return type.hashable() && type.equality() != Equality.OF_EXTENSION;
    }

    private static String create(String table, String name, String method, Stream<String> keys) {
        return "CREATE INDEX "
                + Identifier.quote(name)
                + " ON "
                + table
                + " USING "
                + method
                + " ("
                + keys.limit(32).collect(Collectors.joining(", "))
                + ")";
    }
}
