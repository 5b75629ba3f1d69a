package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a delta means: the change of a result, computed from the new state of the relations and
/// their changes. The old state of an operator's input is nowhere read, only computed as new minus
/// delta; that of the relations is, as new minus change, only where a rule has it at hand: for
/// [Delta.Side.Before] and for what a state table keeps. One thread.
public final class DeltaEvaluator {
    private final Map<Long, ZSet> changes;
    private final Evaluator now;
    private final Evaluator old;
    private final IdentityHashMap<Delta, ZSet> results = new IdentityHashMap<>();

    private DeltaEvaluator(Map<Long, ZSet> relations, Map<Long, ZSet> changes) {
        this.changes = changes;
        this.now = new Evaluator(relations);
        this.old = new Evaluator(old(relations, changes));
    }

    private static Map<Long, ZSet> old(Map<Long, ZSet> relations, Map<Long, ZSet> changes) {
        Map<Long, ZSet> old = new HashMap<>();
        relations.forEach(
                (oid, rows) -> old.put(oid, rows.minus(changes.getOrDefault(oid, ZSet.empty()))));
        return old;
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
            case Delta.Expanded(var input, var operator) ->
                    new Expanding(operator).of(evaluate(input));
            case Delta.Padded padded -> padded(padded);
            case Delta.Kept(var left, var right, var rightChange, var condition, var partners) ->
                    new Joining(left.columns(), right.output(), condition)
                            .kept(evaluate(left), before(right, rightChange), partners);
            case Delta.Flipped flipped -> flipped(flipped);
            case Delta.Rekeyed rekeyed -> rekeyed(rekeyed);
            case Delta.Maintained(var stored, var inputChanges) -> maintained(stored, inputChanges);
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
            case Delta.Side.Before(var plan) -> old.evaluate(plan);
        };
    }

    private ZSet before(Plan plan, Optional<Delta> change) {
        ZSet after = now.evaluate(plan);
        return change.map(delta -> after.minus(evaluate(delta))).orElse(after);
    }

    private ZSet padded(Delta.Padded padded) {
        List<String> names = padded.input().columns().stream().map(Column::name).toList();
        List<Integer> positions =
                padded.columns().stream().map(column -> names.indexOf(column.name())).toList();
        return evaluate(padded.input())
                .map(row -> {
                    List<@Nullable Object> values = new ArrayList<>();
                    positions.forEach(it -> values.add(it < 0 ? null : row.get(it)));
                    return new Row(values);
                });
    }

    private ZSet flipped(Delta.Flipped flipped) {
        ZSet left = now.evaluate(flipped.left());
        Plan right = flipped.right();
        Joining joining = new Joining(flipped.left().output(), right.output(), flipped.condition());
        ZSet before = before(right, Optional.of(flipped.rightChange()));
        return joining.kept(left, now.evaluate(right), flipped.partners())
                .minus(joining.kept(left, before, flipped.partners()));
    }

    private ZSet rekeyed(Delta.Rekeyed rekeyed) {
        Plan operator = rekeyed.operator();
        Plan input = operator.children().getFirst();
        int[] keys = Scalars.positions(rekeyed.keys(), input.output());
        ZSet change = evaluate(rekeyed.inputChange());
        Set<Row> touched =
                change.weights().keySet().stream()
                        .map(row -> row.pick(keys).key())
                        .collect(Collectors.toSet());
        ZSet after = now.evaluate(input).filter(row -> touched.contains(row.pick(keys).key()));
        return Evaluator.keyed(operator, after)
                .minus(Evaluator.keyed(operator, after.minus(change)));
    }

    private ZSet maintained(Plan.Stored stored, List<Delta> inputChanges) {
        return switch (stored.operator()) {
            case Plan.Aggregate aggregate ->
                    new Grouping(aggregate)
                            .change(
                                    old.evaluate(aggregate.input()),
                                    evaluate(inputChanges.getFirst()),
                                    now.evaluate(aggregate.input()));
            case Plan.Recursive recursive -> now.evaluate(recursive).minus(old.evaluate(recursive));
            case Plan _ -> evaluate(inputChanges.getFirst());
        };
    }
}
