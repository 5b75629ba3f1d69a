package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.delta.Delta.Partners;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A join condition bound to the columns of both sides. Immutable.
final class Joining {
    private final Scalar condition;
    private final int leftWidth;
    private final int rightWidth;

    Joining(List<Column> left, List<Column> right, Expr condition) {
        this.condition =
                Scalars.bind(condition, Stream.concat(left.stream(), right.stream()).toList());
        this.leftWidth = left.size();
        this.rightWidth = right.size();
    }

    /// The pairs for which the condition is true, weights multiplied.
    ZSet pairs(ZSet left, ZSet right) {
        ZSet.Builder pairs = ZSet.builder();
        left.forEach((first, weight) ->
                right.forEach((second, factor) -> {
                    Row pair = first.concat(second);
                    if (condition.holds(pair)) {
                        pairs.add(pair, Math.multiplyExact(weight, factor));
                    }
                }));
        return pairs.build();
    }

    /// The left rows that have some or no partner on the right, weights unchanged. Partners count
    /// with their weights.
    ZSet kept(ZSet left, ZSet right, Partners partners) {
        return left.filter(row -> {
            long count = partners(right, other -> row.concat(other));
            return switch (partners) {
                case SOME -> count != 0;
                case NONE -> count == 0;
            };
        });
    }

    /// The left rows without a partner, extended with NULL.
    ZSet leftOnly(ZSet left, ZSet right) {
        return kept(left, right, Partners.NONE).map(row -> row.concat(Row.nulls(rightWidth)));
    }

    /// The right rows without a partner, extended with NULL.
    ZSet rightOnly(ZSet left, ZSet right) {
        return right.filter(row -> partners(left, other -> other.concat(row)) == 0)
                .map(row -> Row.nulls(leftWidth).concat(row));
    }

    private long partners(ZSet others, UnaryOperator<Row> pair) {
        long partners = 0;
        for (var entry : others.weights().entrySet()) {
            if (condition.holds(pair.apply(entry.getKey()))) {
                partners = Math.addExact(partners, entry.getValue());
            }
        }
        return partners;
    }
}
