package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a plan means: its result over given relations, as SQL defines it. One thread.
///
/// All numbers are exact: an average is a [Fraction]. Cost: nested loops.
public final class Evaluator {
    private final Map<Long, ZSet> relations;
    private final IdentityHashMap<Plan, ZSet> results = new IdentityHashMap<>();

    Evaluator(Map<Long, ZSet> relations) {
        this.relations = relations;
    }

    /// The result of a plan, over the plan's output columns.
    ///
    /// @param relations the rows of each relation by OID, over the relation's columns, weights
    ///   positive
    /// @throws IllegalArgumentException when a relation of the plan is missing or has a negative
    ///   weight, and for expressions that the model does not know
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
            case Plan.Aggregate aggregate ->
                    new Grouping(aggregate).of(evaluate(aggregate.input()));
            case Plan.Distinct distinct -> distinct(distinct);
        };
    }

    private ZSet joined(Plan.Join join) {
        Joining joining =
                new Joining(join.left().output(), join.right().output(), join.condition());
        ZSet left = evaluate(join.left());
        ZSet right = evaluate(join.right());
        ZSet pairs = joining.pairs(left, right);
        return switch (join.kind()) {
            case INNER -> pairs;
            case LEFT -> pairs.plus(joining.unmatched(left, right));
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
