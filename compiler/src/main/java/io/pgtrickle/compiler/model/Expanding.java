package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A set-returning FROM item, applied to each row. Items are known by their texts, a fixed
/// vocabulary. Immutable.
final class Expanding {
    private final Plan.Expand operator;
    private final Item item;
    private final Scalar condition;

    /// @throws IllegalArgumentException for an item outside the vocabulary
    Expanding(Plan.Expand operator) {
        this.operator = operator;
        this.item = item(operator);
        this.condition = Scalars.bind(operator.condition(), operator.output());
    }

    /// The rows with what the item makes of them, weights unchanged.
    ZSet of(ZSet input) {
        ZSet.Builder result = ZSet.builder();
        input.forEach((row, weight) -> {
            List<Row> kept = item.of(row).map(row::concat).filter(condition::holds).toList();
            kept.forEach(it -> result.add(it, weight));
            if (kept.isEmpty() && operator.kind() == Plan.Join.Kind.LEFT) {
                result.add(row.concat(Row.nulls(operator.columns().size())), weight);
            }
        });
        return result.build();
    }

    private static Item item(Plan.Expand operator) {
        Expr text = operator.item();
        List<Scalar> arguments = Scalars.arguments(text, operator.input().output());
        return switch (Scalars.shape(text)) {
            case "generate_series($, $)" ->
                    row -> series(arguments.get(0).of(row), arguments.get(1).of(row));
            case "unnest(ARRAY[$, $])", "(VALUES ($), ($))" ->
                    row -> arguments.stream().map(it -> Row.of(it.of(row)));
            case "(VALUES ($, $), ($, $))" ->
                    row ->
                            Stream.of(0, 2)
                                    .map(i ->
                                            Row.of(
                                                    arguments.get(i).of(row),
                                                    arguments.get(i + 1).of(row)));
            case String shape -> throw Scalars.unknown(shape);
        };
    }

    private static Stream<Row> series(@Nullable Object from, @Nullable Object to) {
        return from instanceof Long first && to instanceof Long last
                ? LongStream.rangeClosed(first, last).mapToObj(Row::of)
                : Stream.empty();
    }

    /// What becomes of a row.
    @FunctionalInterface
    private interface Item {
        Stream<Row> of(Row row);
    }
}
