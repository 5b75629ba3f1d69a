package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// An aggregate bound to the columns of its input.
///
/// @param function which one
/// @param argument the position of the argument, empty for `count(*)` and for the others
/// @param filter the position of the filter, empty when every row counts
/// @param other what computes an aggregate without a rule of its own
record Accumulation(
        AggregateFunction function,
        OptionalInt argument,
        OptionalInt filter,
        Optional<OtherAggregate> other) {

    static Accumulation of(Plan.AggregateCall call, List<Column> columns) {
        return new Accumulation(
                call.function(),
                position(call.argument(), columns),
                position(call.filter(), columns),
                call.text().map(text -> OtherAggregate.bind(text, columns)));
    }

    private static OptionalInt position(Optional<Column> column, List<Column> columns) {
        return IntStream.of(Scalars.positions(column.stream().toList(), columns)).findFirst();
    }

    /// The value for a group without negative weights.
    @Nullable Object over(ZSet group) {
        return other.isPresent()
                ? other.get().over(group.filter(this::counts))
                : value(state(group));
    }

    /// The value for a group after a change, from its state before. The group itself is read only
    /// where the state does not determine the value: when an extremum may be lost, when the scale
    /// of a decimal sum may shrink, and for aggregates without a rule of their own.
    @Nullable Object maintained(State before, ZSet change, ZSet after) {
        return other.isPresent() || mayShrink(change) || mayLose(before, change)
                ? over(after)
                : value(before.plus(state(change)));
    }

    private boolean mayShrink(ZSet change) {
        return function == AggregateFunction.SUM
                && removed(change, value -> !(value instanceof Long));
    }

    private boolean mayLose(State before, ZSet change) {
        Object extremum =
                switch (function) {
                    case MIN -> before.least();
                    case MAX -> before.greatest();
                    case COUNT_ROWS, COUNT, SUM, AVG, OTHER -> null;
                };
        return extremum != null && removed(change, value -> Values.compare(value, extremum) == 0);
    }

    private boolean removed(ZSet change, Predicate<Object> which) {
        return change.weights().entrySet().stream()
                .filter(entry -> entry.getValue() < 0)
                .anyMatch(entry -> {
                    Object value = counted(entry.getKey());
                    return value != null && which.test(value);
                });
    }

    /// What is kept for rows; weights may be negative, extrema are those of the rows that are
    /// there.
    State state(ZSet rows) {
        State state = State.EMPTY;
        for (Map.Entry<Row, Long> entry : rows.weights().entrySet()) {
            Object value = counted(entry.getKey());
            if (value != null) {
                long weight = entry.getValue();
                Object there = weight > 0 ? value : null;
                Object sum = sums() ? Values.times(value, weight) : null;
                state = state.plus(new State(weight, sum, there, there));
            }
        }
        return state;
    }

    private @Nullable Object value(State state) {
        Object sum = state.count() == 0 ? null : state.sum();
        return switch (function) {
            case COUNT_ROWS, COUNT -> state.count();
            case SUM -> sum;
            case AVG -> sum == null ? null : Values.fraction(sum).dividedBy(state.count());
            case MIN -> state.count() == 0 ? null : state.least();
            case MAX -> state.count() == 0 ? null : state.greatest();
            case OTHER -> throw new IllegalStateException("no state determines the value");
        };
    }

    private boolean counts(Row row) {
        return filter.isEmpty() || Boolean.TRUE.equals(row.get(filter.getAsInt()));
    }

    /// What the row contributes, null when it does not count.
    private @Nullable Object counted(Row row) {
        if (!counts(row)) {
            return null;
        }
        return argument.isPresent() ? row.get(argument.getAsInt()) : true;
    }

    private boolean sums() {
        return switch (function) {
            case SUM, AVG -> true;
            case COUNT_ROWS, COUNT, MIN, MAX, OTHER -> false;
        };
    }

    /// What is kept of a group for an aggregate.
    ///
    /// @param count the number of values
    /// @param sum their sum, null for none
    /// @param least the least, null for none
    /// @param greatest the greatest, null for none
    record State(
            long count, @Nullable Object sum, @Nullable Object least, @Nullable Object greatest) {

        /// The state of nothing.
        static final State EMPTY = new State(0, null, null, null);

        /// The state of both.
        State plus(State other) {
            return new State(
                    Math.addExact(count, other.count),
                    sum(sum, other.sum),
                    first(least, other.least, Values.BY_IMAGE),
                    first(greatest, other.greatest, Values.BY_IMAGE.reversed()));
        }

        private static @Nullable Object sum(@Nullable Object one, @Nullable Object two) {
            if (one == null || two == null) {
                return one == null ? two : one;
            }
            return Values.plus(one, two);
        }

        private static @Nullable Object first(
                @Nullable Object one, @Nullable Object two, Comparator<Object> order) {
            if (one == null || two == null) {
                return one == null ? two : one;
            }
            return order.compare(one, two) <= 0 ? one : two;
        }
    }
}
