package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The first rows of each partition, as LIMIT, OFFSET and FETCH FIRST take them. Immutable.
final class Limiting {
    private final int[] partition;
    private final Comparator<Row> order;
    private final @Nullable Long count;
    private final long offset;
    private final boolean ties;

    Limiting(Plan.Limit limit) {
        List<Column> columns = limit.input().output();
        Long skipped = number(limit.offset());
        this.partition = Scalars.positions(limit.partition(), columns);
        this.order = Sorting.by(limit.order(), columns);
        this.count = number(limit.count());
        this.offset = skipped == null ? 0 : skipped;
        this.ties = limit.ties();
    }

    private static @Nullable Long number(Optional<Expr> expr) {
        Object value = expr.map(it -> Scalars.bind(it, List.of()).of(Row.EMPTY)).orElse(null);
        return switch (value) {
            case null -> null;
            case Long number when number >= 0 -> number;
            case Object other -> throw new IllegalArgumentException("no number of rows: " + other);
        };
    }

    /// The rows taken.
    ///
    /// @throws IllegalStateException when a weight is negative
    ZSet of(ZSet input) {
        ZSet.Builder taken = ZSet.builder();
        for (List<Row> rows : Sorting.partitions(input, partition, order)) {
            int end = end(rows);
            for (int i = (int) Math.min(offset, end); i < end; i++) {
                taken.add(rows.get(i), 1);
            }
        }
        return taken.build();
    }

    /// The position after the last row taken.
    private int end(List<Row> rows) {
        if (count == null) {
            return rows.size();
        }
        int end = (int) Math.min(offset + count, rows.size());
        if (ties && count > 0) {
            while (end > 0
                    && end < rows.size()
                    && order.compare(rows.get(end - 1), rows.get(end)) == 0) {
                end++;
            }
        }
        return end;
    }
}
