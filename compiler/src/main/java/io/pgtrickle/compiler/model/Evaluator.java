package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a plan means: its result over given relations, as SQL defines it. One thread.
///
/// All numbers are exact: an average is a [Fraction]. Cost: nested loops.
public final class Evaluator {
    private final Map<Long, ZSet> relations;
    private final Map<Integer, ZSet> working;
    private final IdentityHashMap<Plan, ZSet> results = new IdentityHashMap<>();

    Evaluator(Map<Long, ZSet> relations) {
        this(relations, Map.of());
    }

    private Evaluator(Map<Long, ZSet> relations, Map<Integer, ZSet> working) {
        this.relations = relations;
        this.working = working;
    }

    /// An evaluator of the same relations for a round of a recursion.
    ///
    /// @param recursion its number
    /// @param rows what the round reads
    Evaluator reading(int recursion, ZSet rows) {
        Map<Integer, ZSet> rounds = new HashMap<>(working);
        rounds.put(recursion, rows);
        return new Evaluator(relations, rounds);
    }

    /// The result of a plan, over the plan's output columns.
    ///
    /// @param relations the rows of each relation by OID, over the relation's columns, weights
    ///   positive
    /// @throws IllegalArgumentException when a relation of the plan is missing or has a negative
    ///   weight, and for expressions that the model does not know
    /// @throws IllegalStateException for a recursion without an end
    public static ZSet evaluate(Plan plan, Map<Long, ZSet> relations) {
        return new Evaluator(relations).evaluate(plan);
    }

    /// The result of a plan; a part that occurs several times is evaluated once.
    ZSet evaluate(Plan plan) {
        ZSet known = results.get(plan);
        if (known != null) {
            return known;
        }
        ZSet result = compute(plan);
        results.put(plan, result);
        return result;
    }

    private ZSet compute(Plan plan) {
        return switch (plan) {
            case Plan.Scan scan -> shown(scan, rows(scan));
            case Plan.Constant(var assignments) ->
                    ZSet.of(projected(Row.EMPTY, scalars(assignments, List.of())));
            case Plan.Filter(var input, var predicate) -> {
                Scalar condition = Scalars.bind(predicate, input.output());
                yield evaluate(input).filter(condition::holds);
            }
            case Plan.Project(var input, var assignments) -> {
                List<Scalar> scalars = scalars(assignments, input.output());
                yield evaluate(input).map(row -> projected(row, scalars));
            }
            case Plan.UnionAll(var branches, _) -> {
                ZSet.Builder all = ZSet.builder();
                branches.forEach(branch -> all.addAll(evaluate(branch), 1));
                yield all.build();
            }
            case Plan.Join join -> joined(join);
            case Plan.Aggregate aggregate -> keyed(aggregate, evaluate(aggregate.input()));
            case Plan.Distinct distinct -> distinct(distinct);
            case Plan.Expand expand -> new Expanding(expand).of(evaluate(expand.input()));
            case Plan.Window window -> keyed(window, evaluate(window.input()));
            case Plan.Limit limit -> keyed(limit, evaluate(limit.input()));
            case Plan.Recursive recursive -> Recursion.of(recursive, this);
            case Plan.Working node -> working(node);
            case Plan.Stored stored -> evaluate(stored.operator());
        };
    }

    /// The result of an operator that works key by key, over an input that is given.
    ///
    /// @throws IllegalArgumentException for any other operator
    /// @throws IllegalStateException when the input has a negative weight
    static ZSet keyed(Plan operator, ZSet input) {
        return switch (operator) {
            case Plan.Aggregate aggregate -> new Grouping(aggregate).of(input);
            case Plan.Window window -> new Windowing(window).of(input);
            case Plan.Limit limit -> new Limiting(limit).of(input);
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Distinct _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    throw new IllegalArgumentException("works on all rows: " + operator);
        };
    }

    private ZSet working(Plan.Working node) {
        ZSet rows = working.get(node.number());
        if (rows == null) {
            throw new IllegalArgumentException("outside the recursion " + node.number());
        }
        int[] positions = node.positions().stream().mapToInt(Integer::intValue).toArray();
        return rows.map(row -> row.pick(positions));
    }

    private ZSet joined(Plan.Join join) {
        Joining joining =
                new Joining(join.left().output(), join.right().output(), join.condition());
        ZSet left = evaluate(join.left());
        ZSet right = evaluate(join.right());
        return switch (join.kind()) {
            case INNER -> joining.pairs(left, right);
            case LEFT -> joining.pairs(left, right).plus(joining.leftOnly(left, right));
            case FULL ->
                    joining.pairs(left, right)
                            .plus(joining.leftOnly(left, right))
                            .plus(joining.rightOnly(left, right));
            case SEMI -> joining.kept(left, right, Delta.Partners.SOME);
            case ANTI -> joining.kept(left, right, Delta.Partners.NONE);
        };
    }

    private ZSet distinct(Plan.Distinct distinct) {
        ZSet input = evaluate(distinct.input());
        return distinct.output().isEmpty()
                ? input.distinct()
                : new Grouping(distinct.asAggregate()).of(input);
    }

    private ZSet rows(Plan.Scan scan) {
        ZSet rows = relations.get(scan.relation().oid());
        if (rows == null) {
            throw new IllegalArgumentException(
                    "no rows given for " + scan.relation().displayName());
        }
        if (!rows.isMultiset()) {
            throw new IllegalArgumentException(
                    "a negative weight in " + scan.relation().displayName() + ": " + rows);
        }
        return rows;
    }

    /// Rows over a relation's columns as a scan shows them.
    static ZSet shown(Plan.Scan scan, ZSet rows) {
        int[] positions =
                scan.sources().stream()
                        .mapToInt(source -> scan.relation().columns().indexOf(source))
                        .toArray();
        return rows.map(row -> row.pick(positions));
    }

    /// The expressions of assignments over rows of these columns.
    static List<Scalar> scalars(List<Plan.Assignment> assignments, List<Column> columns) {
        return assignments.stream()
                .map(assignment -> Scalars.bind(assignment.expression(), columns))
                .toList();
    }

    /// The row of the values of expressions.
    static Row projected(Row row, List<Scalar> scalars) {
        List<@Nullable Object> values = new ArrayList<>(scalars.size());
        for (Scalar scalar : scalars) {
            values.add(scalar.of(row));
        }
        return new Row(values);
    }
}
