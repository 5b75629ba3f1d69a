package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An aggregate without a rule of its own, bound to the columns of its input.
@FunctionalInterface
interface OtherAggregate {

    /// The value over rows without negative weights.
    @Nullable Object over(ZSet group);

    /// The aggregate that a text calls, one of a fixed vocabulary. An array is its text, its
    /// elements sorted by image, NULL last.
    ///
    /// @throws IllegalArgumentException for a call outside the vocabulary
    static OtherAggregate bind(Expr text, List<Column> columns) {
        List<Scalar> arguments = Scalars.arguments(text, columns);
        return switch (Scalars.shape(text)) {
            case "count(DISTINCT $)" ->
                    group ->
                            group.weights().keySet().stream()
                                    .map(row -> Row.of(arguments.get(0).of(row)).key())
                                    .filter(key -> key.get(0) != null)
                                    .distinct()
                                    .count();
            case "array_agg($)" -> group -> array(group, arguments.get(0));
            case "bool_or($)" ->
                    group ->
                            group.weights().keySet().stream()
                                    .map(arguments.get(0)::of)
                                    .filter(Objects::nonNull)
                                    .map(Boolean.TRUE::equals)
                                    .reduce(Boolean::logicalOr)
                                    .orElse(null);
            case String shape -> throw Scalars.unknown(shape);
        };
    }

    private static @Nullable String array(ZSet group, Scalar element) {
        List<@Nullable Object> elements = new ArrayList<>();
        group.forEach((row, weight) -> {
            for (long copy = 0; copy < weight; copy++) {
                elements.add(element.of(row));
            }
        });
        elements.sort(Comparator.nullsLast(Values.BY_IMAGE));
        return elements.isEmpty() ? null : elements.toString();
    }
}
