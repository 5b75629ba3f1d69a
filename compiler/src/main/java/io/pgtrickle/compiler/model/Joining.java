package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.List;
import java.util.stream.Stream;

/// A join condition bound to the columns of both sides. Immutable.
final class Joining {
    private final Scalar condition;
    private final int width;

    Joining(List<Column> left, List<Column> right, Expr condition) {
        this.condition =
                Scalars.bind(condition, Stream.concat(left.stream(), right.stream()).toList());
        this.width = right.size();
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

    /// The number of partners of a row, each counted with its weight.
    long partners(Row left, ZSet right) {
        long partners = 0;
        for (var entry : right.weights().entrySet()) {
            if (condition.holds(left.concat(entry.getKey()))) {
                partners = Math.addExact(partners, entry.getValue());
            }
        }
        return partners;
    }

    /// The rows without a partner, extended with NULL, weights unchanged.
    ZSet unmatched(ZSet left, ZSet right) {
        return left.filter(row -> partners(row, right) == 0).map(this::padded);
    }

    private Row padded(Row left) {
        return left.concat(Row.nulls(width));
    }
}
