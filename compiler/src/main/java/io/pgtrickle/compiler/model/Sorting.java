package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Orders of rows, and rows in order.
final class Sorting {

    /// The order of the images of rows with the same columns, NULL last. Rows that it does not tell
    /// apart are equal.
    static final Comparator<Row> BY_IMAGE =
            (left, right) -> {
                for (int i = 0; i < left.size(); i++) {
                    int order =
                            Comparator.nullsLast(Values.BY_IMAGE)
                                    .compare(left.get(i), right.get(i));
                    if (order != 0) {
                        return order;
                    }
                }
                return 0;
            };

    private Sorting() {}

    /// The order of ORDER BY, which makes peers of rows with equal keys.
    ///
    /// @throws IllegalArgumentException for a direction that the model does not know
    static Comparator<Row> by(List<Plan.SortKey> keys, List<Column> columns) {
        Comparator<Row> order = (_, _) -> 0;
        for (Plan.SortKey key : keys) {
            int position = Scalars.positions(List.of(key.column()), columns)[0];
            Comparator<Object> values = direction(key.direction());
            order = order.thenComparing((one, two) -> compare(values, one, two, position));
        }
        return order;
    }

    private static int compare(Comparator<Object> values, Row one, Row two, int position) {
        return values.compare(one.get(position), two.get(position));
    }

    private static Comparator<Object> direction(String direction) {
        Comparator<Object> ascending = Values::compare;
        return switch (direction.strip()) {
            case "", "ASC", "NULLS LAST", "ASC NULLS LAST" -> Comparator.nullsLast(ascending);
            case "NULLS FIRST", "ASC NULLS FIRST" -> Comparator.nullsFirst(ascending);
            case "DESC", "DESC NULLS FIRST" -> Comparator.nullsFirst(ascending.reversed());
            case "DESC NULLS LAST" -> Comparator.nullsLast(ascending.reversed());
            default -> throw new IllegalArgumentException("no known direction: " + direction);
        };
    }

    /// The rows of each partition, a row for each copy: in the order given, and rows that it does
    /// not tell apart in the order of their images.
    ///
    /// @throws IllegalStateException when a weight is negative
    static Collection<List<Row>> partitions(ZSet rows, int[] keys, Comparator<Row> order) {
        Map<Row, List<Row>> partitions = new LinkedHashMap<>();
        rows.forEach((row, weight) -> {
            if (weight < 0) {
                throw new IllegalStateException("a negative weight in a partition: " + row);
            }
            List<Row> partition =
                    partitions.computeIfAbsent(row.pick(keys).key(), _ -> new ArrayList<>());
            for (long copy = 0; copy < weight; copy++) {
                partition.add(row);
            }
        });
        partitions.values().forEach(partition -> partition.sort(order.thenComparing(BY_IMAGE)));
        return partitions.values();
    }
}
