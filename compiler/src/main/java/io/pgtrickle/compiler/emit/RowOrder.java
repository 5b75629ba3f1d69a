package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.stream.Stream;

/// The order of rows, made total where it must decide which of them come first.
final class RowOrder {
    private RowOrder() {}

    /// Sort keys as ORDER BY has them.
    static Stream<String> keys(List<Plan.SortKey> keys) {
        return keys.stream()
                .map(key ->
                        (Identifier.quote(key.column().name()) + " " + key.direction()).strip());
    }

    /// What tells rows apart that an order does not: nothing when the order has a key of the rows.
    static Stream<String> tieBreaker(Plan input, List<Column> partition, List<Plan.SortKey> order) {
        List<String> ordered =
                Stream.concat(partition.stream(), order.stream().map(Plan.SortKey::column))
                        .map(Column::name)
                        .toList();
        boolean total = RowKeys.of(input).filter(ordered::containsAll).isPresent();
        List<Column> others =
                input.output().stream()
                        .filter(column ->
                                !ordered.contains(column.name()) || !column.type().imageEquality())
                        .toList();
        return total || others.isEmpty() ? Stream.empty() : Stream.of(imageText(others));
    }

    private static String imageText(List<Column> columns) {
        return "CAST(ROW(" + Expressions.list(columns) + ") AS text) COLLATE \"C\"";
    }
}
