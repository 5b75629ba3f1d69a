package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.plan.Plan;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a delta means: the change of a result, computed from the new state of the relations and
/// their changes. The old state is nowhere read, only computed as new minus delta. One thread.
public final class DeltaEvaluator {
    private final Map<Long, ZSet> changes;
    private final Evaluator now;
    private final IdentityHashMap<Delta, ZSet> results = new IdentityHashMap<>();

    private DeltaEvaluator(Map<Long, ZSet> relations, Map<Long, ZSet> changes) {
        this.changes = changes;
        this.now = new Evaluator(relations);
    }

    /// The change of a result, over the delta's columns.
    ///
    /// @param relations the rows of each relation by OID after the change, over the relation's
    ///   columns
    /// @param changes the change of each relation by OID, over the relation's columns; none where
    ///   there is no change
    /// @throws IllegalArgumentException as [Evaluator#evaluate(Plan, Map)] does
    /// @throws IllegalStateException when the delta leads to an old state with negative weights
    public static ZSet evaluate(Delta delta, Map<Long, ZSet> relations, Map<Long, ZSet> changes) {
        return new DeltaEvaluator(relations, changes).evaluate(delta);
    }

    private ZSet evaluate(Delta delta) {
        ZSet known = results.get(delta);
        if (known != null) {
            return known;
        }
        ZSet result = compute(delta);
        results.put(delta, result);
        return result;
    }

    private ZSet compute(Delta delta) {
        return switch (delta) {
            case Delta.Nothing _ -> ZSet.empty();
            case Delta.Pending(var scan) ->
                    Evaluator.shown(
                            scan, changes.getOrDefault(scan.relation().oid(), ZSet.empty()));
            case Delta.Filtered(var input, var predicate) -> {
                Scalar condition = Scalars.bind(predicate, input.columns());
                yield evaluate(input).filter(condition::holds);
            }
            case Delta.Projected(var input, var assignments) -> {
                List<Scalar> scalars = Evaluator.scalars(assignments, input.columns());
                yield evaluate(input).map(row -> Evaluator.projected(row, scalars));
            }
            case Delta.Sum(var terms, _) -> {
                ZSet.Builder sum = ZSet.builder();
                terms.forEach(term -> sum.addAll(evaluate(term.delta()), factor(term.sign())));
                yield sum.build();
            }
            case Delta.Product(var left, var right, var condition) ->
                    new Joining(left.columns(), right.columns(), condition)
                            .pairs(side(left), side(right));
            case Delta.Unmatched(var left, var right, var rightChange, var condition) ->
                    new Joining(left.columns(), right.output(), condition)
                            .unmatched(evaluate(left), before(right, rightChange));
            case Delta.Flipped flipped -> flipped(flipped);
            case Delta.Regrouped(var aggregate, var inputChange) ->
                    regrouped(aggregate, evaluate(inputChange));
        };
    }

    private static long factor(Delta.Sign sign) {
        return switch (sign) {
            case PLUS -> 1;
            case MINUS -> -1;
        };
    }

    private ZSet side(Delta.Side side) {
        return switch (side) {
            case Delta.Side.Change(var delta) -> evaluate(delta);
            case Delta.Side.Now(var plan) -> now.evaluate(plan);
        };
    }

    private ZSet before(Plan plan, Optional<Delta> change) {
        ZSet after = now.evaluate(plan);
        return change.map(delta -> after.minus(evaluate(delta))).orElse(after);
    }

    private ZSet flipped(Delta.Flipped flipped) {
        ZSet left = now.evaluate(flipped.left());
        Plan right = flipped.right();
        Joining joining = new Joining(flipped.left().output(), right.output(), flipped.condition());
        ZSet unmatchedNow = joining.unmatched(left, now.evaluate(right));
        return unmatchedNow.minus(
                joining.unmatched(left, before(right, Optional.of(flipped.rightChange()))));
    }

    private ZSet regrouped(Plan.Aggregate aggregate, ZSet change) {
        Grouping grouping = new Grouping(aggregate);
        Set<Row> touched = grouping.touched(change);
        ZSet after = now.evaluate(aggregate.input());
        return grouping.of(after, touched).minus(grouping.of(after.minus(change), touched));
    }
}
