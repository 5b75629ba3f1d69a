package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Window functions: each row with their values over its partition. Calls and frames are known by
/// their texts, a fixed vocabulary. Immutable.
final class Windowing {
    private final int[] partition;
    private final Comparator<Row> order;
    private final Frame frame;
    private final List<Call> calls;

    /// @throws IllegalArgumentException for a call or a frame outside the vocabulary
    Windowing(Plan.Window window) {
        List<Column> columns = window.input().output();
        this.partition = Scalars.positions(window.partition(), columns);
        this.order = Sorting.by(window.order(), columns);
        this.frame = Frame.of(window.frame());
        this.calls = window.calls().stream().map(it -> call(it.expression(), columns)).toList();
    }

    /// The rows with the values of the calls.
    ///
    /// @throws IllegalStateException when a weight is negative
    ZSet of(ZSet input) {
        ZSet.Builder result = ZSet.builder();
        for (List<Row> rows : Sorting.partitions(input, partition, order)) {
            for (int i = 0; i < rows.size(); i++) {
                result.add(rows.get(i).concat(values(new Place(rows, i, peers(rows, i)))), 1);
            }
        }
        return result.build();
    }

    private Row values(Place place) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Call call : calls) {
            values.add(call.at(place, frame));
        }
        return new Row(values);
    }

    private Range peers(List<Row> rows, int position) {
        int from = position;
        while (from > 0 && order.compare(rows.get(from - 1), rows.get(position)) == 0) {
            from--;
        }
        int to = position + 1;
        while (to < rows.size() && order.compare(rows.get(to), rows.get(position)) == 0) {
            to++;
        }
        return new Range(from, to);
    }

    private Call call(Expr expr, List<Column> columns) {
        List<Scalar> arguments = Scalars.arguments(expr, columns);
        return switch (Scalars.shape(expr)) {
            case "row_number()" -> (place, _) -> place.position() + 1L;
            case "rank()" -> (place, _) -> place.peers().from() + 1L;
            case "dense_rank()" -> (place, _) -> denseRank(place);
            case "lag($)" -> (place, _) -> place.value(place.position() - 1, arguments.get(0));
            case "lead($)" -> (place, _) -> place.value(place.position() + 1, arguments.get(0));
            case "first_value($)" ->
                    (place, bounds) -> {
                        Range range = bounds.around(place);
                        return range.isEmpty() ? null : place.value(range.from(), arguments.get(0));
                    };
            case "last_value($)" ->
                    (place, bounds) -> {
                        Range range = bounds.around(place);
                        return range.isEmpty()
                                ? null
                                : place.value(range.to() - 1, arguments.get(0));
                    };
            case "count(*)" -> (place, bounds) -> (long) bounds.around(place).size();
            case "count($)" -> aggregate(AggregateFunction.COUNT, arguments.get(0));
            case "sum($)" -> aggregate(AggregateFunction.SUM, arguments.get(0));
            case "min($)" -> aggregate(AggregateFunction.MIN, arguments.get(0));
            case "max($)" -> aggregate(AggregateFunction.MAX, arguments.get(0));
            case String shape -> throw Scalars.unknown(shape);
        };
    }

    private long denseRank(Place place) {
        long rank = 1;
        for (int i = 1; i <= place.position(); i++) {
            if (order.compare(place.rows().get(i - 1), place.rows().get(i)) != 0) {
                rank++;
            }
        }
        return rank;
    }

    private static Call aggregate(AggregateFunction function, Scalar argument) {
        Accumulation accumulation =
                new Accumulation(
                        function, OptionalInt.of(0), OptionalInt.empty(), Optional.empty());
        return (place, bounds) -> {
            ZSet.Builder values = ZSet.builder();
            Range range = bounds.around(place);
            for (int i = range.from(); i < range.to(); i++) {
                values.add(Row.of(place.value(i, argument)), 1);
            }
            return accumulation.over(values.build());
        };
    }

    /// A window function.
    @FunctionalInterface
    private interface Call {
        @Nullable Object at(Place place, Frame frame);
    }

    /// A row in its partition.
    private record Place(List<Row> rows, int position, Range peers) {

        /// The value of an expression for a row, null outside the partition.
        @Nullable Object value(int row, Scalar scalar) {
            return row < 0 || row >= rows.size() ? null : scalar.of(rows.get(row));
        }
    }

    /// Positions from one to before another.
    private record Range(int from, int to) {
        int size() {
            return Math.max(to - from, 0);
        }

        boolean isEmpty() {
            return size() == 0;
        }
    }

    /// Which rows of the partition a row's frame holds.
    private enum Frame {
        TO_THE_LAST_PEER,
        TO_THE_ROW,
        NEIGHBOURS,
        BEFORE_THE_ROW,
        PARTITION;

        static Frame of(Optional<Expr> clause) {
            return switch (clause.map(Scalars::shape).map(String::strip).orElse("")) {
                case "", "RANGE UNBOUNDED PRECEDING" -> TO_THE_LAST_PEER;
                case "ROWS UNBOUNDED PRECEDING" -> TO_THE_ROW;
                case "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING" -> NEIGHBOURS;
                case "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING" -> BEFORE_THE_ROW;
                case "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING" -> PARTITION;
                case String shape -> throw Scalars.unknown(shape);
            };
        }

        Range around(Place place) {
            int size = place.rows().size();
            int position = place.position();
            return switch (this) {
                case TO_THE_LAST_PEER -> new Range(0, place.peers().to());
                case TO_THE_ROW -> new Range(0, position + 1);
                case NEIGHBOURS ->
                        new Range(Math.max(position - 1, 0), Math.min(position + 2, size));
                case BEFORE_THE_ROW -> new Range(0, position);
                case PARTITION -> new Range(0, size);
            };
        }
    }
}
