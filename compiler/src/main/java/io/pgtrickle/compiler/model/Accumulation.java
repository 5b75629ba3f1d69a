package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// An aggregate bound to the columns of its input.
///
/// @param call the aggregate
/// @param argument the position of the argument, empty for `count(*)`
/// @param filter the position of the filter, empty when every row counts
record Accumulation(Plan.AggregateCall call, OptionalInt argument, OptionalInt filter) {

    static Accumulation of(Plan.AggregateCall call, List<Column> columns) {
        return new Accumulation(
                call, position(call.argument(), columns), position(call.filter(), columns));
    }

    private static OptionalInt position(Optional<Column> column, List<Column> columns) {
        return IntStream.of(Scalars.positions(column.stream().toList(), columns)).findFirst();
    }

    /// The value for a group without negative weights.
    @Nullable Object over(ZSet group) {
        long count = 0;
        Object sum = null;
        Object least = null;
        Object greatest = null;
        for (Map.Entry<Row, Long> entry : group.weights().entrySet()) {
            Object value = counted(entry.getKey());
            if (value == null) {
                continue;
            }
            count = Math.addExact(count, entry.getValue());
            if (sums()) {
                Object summand = Values.times(value, entry.getValue());
                sum = sum == null ? summand : Values.plus(sum, summand);
            }
            least = least == null || Values.BY_IMAGE.compare(value, least) < 0 ? value : least;
            greatest =
                    greatest == null || Values.BY_IMAGE.compare(value, greatest) > 0
                            ? value
                            : greatest;
        }
        return switch (call.function()) {
            case COUNT_ROWS, COUNT -> count;
            case SUM -> sum;
            case AVG -> sum == null ? null : Values.fraction(sum).dividedBy(count);
            case MIN -> least;
            case MAX -> greatest;
        };
    }

    /// What the row contributes, null when it does not count.
    private @Nullable Object counted(Row row) {
        if (filter.isPresent() && !Boolean.TRUE.equals(row.get(filter.getAsInt()))) {
            return null;
        }
        return argument.isPresent() ? row.get(argument.getAsInt()) : true;
    }

    private boolean sums() {
        return switch (call.function()) {
            case SUM, AVG -> true;
            case COUNT_ROWS, COUNT, MIN, MAX -> false;
        };
    }
}
