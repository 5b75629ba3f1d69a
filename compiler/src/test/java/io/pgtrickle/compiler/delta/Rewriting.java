package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.function.UnaryOperator;

/// Rewrites a delta from the leaves to the root. The inputs of a recursion's change are left alone:
/// they read the working rows, which have a meaning only within a round.
final class Rewriting {
    private Rewriting() {}

    /// The delta with every node replaced by what `change` makes of it; its inputs are rewritten
    /// before.
    static Delta rewrite(Delta delta, UnaryOperator<Delta> change) {
        return change.apply(inputsRewritten(delta, change));
    }

    private static Delta inputsRewritten(Delta delta, UnaryOperator<Delta> change) {
        return switch (delta) {
            case Delta.Nothing _, Delta.Pending _ -> delta;
            case Delta.Filtered(var input, var predicate) ->
                    new Delta.Filtered(rewrite(input, change), predicate);
            case Delta.Projected(var input, var assignments) ->
                    new Delta.Projected(rewrite(input, change), assignments);
            case Delta.Sum(var terms, var columns) -> {
                List<Term> rewritten =
                        terms.stream()
                                .map(term -> new Term(term.sign(), rewrite(term.delta(), change)))
                                .toList();
                yield new Delta.Sum(rewritten, columns);
            }
            case Delta.Product(var left, var right, var condition) ->
                    new Delta.Product(side(left, change), side(right, change), condition);
            case Delta.Expanded(var input, var operator) ->
                    new Delta.Expanded(rewrite(input, change), operator);
            case Delta.Padded(var input, var columns) ->
                    new Delta.Padded(rewrite(input, change), columns);
            case Delta.Kept(var left, var right, var rightChange, var condition, var partners) ->
                    new Delta.Kept(
                            rewrite(left, change),
                            right,
                            rightChange.map(it -> rewrite(it, change)),
                            condition,
                            partners);
            case Delta.Flipped(var left, var right, var rightChange, var condition, var partners) ->
                    new Delta.Flipped(
                            left, right, rewrite(rightChange, change), condition, partners);
            case Delta.Rekeyed(var operator, var keys, var inputChange) ->
                    new Delta.Rekeyed(operator, keys, rewrite(inputChange, change));
            case Delta.Maintained(var stored, var inputChanges) ->
                    new Delta.Maintained(
                            stored,
                            stored.operator() instanceof Plan.Recursive
                                    ? inputChanges
                                    : inputChanges.stream()
                                            .map(it -> rewrite(it, change))
                                            .toList());
        };
    }

    private static Side side(Side side, UnaryOperator<Delta> change) {
        return switch (side) {
            case Side.Now _, Side.Before _ -> side;
            case Side.Change(var delta) -> new Side.Change(rewrite(delta, change));
        };
    }
}
