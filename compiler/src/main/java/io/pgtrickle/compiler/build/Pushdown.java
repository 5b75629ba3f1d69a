package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Moves predicates towards the scans, and from above an inner join into its condition, so that a
/// delta is joined by a condition and not multiplied first.
///
/// Sound for deterministic predicates. Below a grouping only predicates over keys whose equal
/// values are the same image may go: for others the predicate could tell a key's representative
/// from the rows.
public final class Pushdown {
    private Pushdown() {}

    /// The same plan with every predicate as deep as it may be.
    public static Plan apply(Plan plan) {
        if (plan instanceof Plan.Join join) {
            return join(join);
        }
        Plan below = plan.over(plan.children().stream().map(Pushdown::apply).toList());
        return below instanceof Plan.Filter filter
                ? filtered(filter.input(), filter.predicate().conjuncts())
                : below;
    }

    private static Plan join(Plan.Join join) {
        Plan left = apply(join.left());
        Plan right = apply(join.right());
        List<Expr> kept = new ArrayList<>();
        for (Expr conjunct : join.condition().conjuncts()) {
            if (join.kind() != Plan.Join.Kind.FULL && within(conjunct, right)) {
                right = filtered(right, List.of(conjunct));
            } else if ((join.kind() == Plan.Join.Kind.INNER || join.kind() == Plan.Join.Kind.SEMI)
                    && within(conjunct, left)) {
                left = filtered(left, List.of(conjunct));
            } else {
                kept.add(conjunct);
            }
        }
        return new Plan.Join(join.kind(), left, right, conjunction(kept));
    }

    private static Plan filtered(Plan input, List<Expr> predicates) {
        Plan plan = input;
        List<Expr> kept = new ArrayList<>();
        for (Expr predicate : predicates) {
            Optional<Plan> sunk =
                    predicate.columns().isEmpty() ? Optional.empty() : sink(plan, predicate);
            if (sunk.isPresent()) {
                plan = sunk.get();
            } else {
                kept.add(predicate);
            }
        }
        return kept.isEmpty() ? plan : new Plan.Filter(plan, conjunction(kept));
    }

    private static Optional<Plan> sink(Plan plan, Expr predicate) {
        return switch (plan) {
            case Plan.Scan _, Plan.Constant _, Plan.Working _, Plan.Recursive _, Plan.Stored _ ->
                    Optional.empty();
            case Plan.Expand expand ->
                    within(predicate, expand.input())
                            ? Optional.of(below(expand, predicate))
                            : Optional.empty();
            case Plan.Window window ->
                    overImages(predicate, window.partition())
                            ? Optional.of(below(window, predicate))
                            : Optional.empty();
            case Plan.Limit limit ->
                    overImages(predicate, limit.partition())
                            ? Optional.of(below(limit, predicate))
                            : Optional.empty();
            case Plan.Filter filter ->
                    Optional.of(
                            new Plan.Filter(
                                    filtered(filter.input(), List.of(predicate)),
                                    filter.predicate()));
            case Plan.Project project ->
                    Optional.of(
                            new Plan.Project(
                                    filtered(
                                            project.input(),
                                            List.of(predicate.substitute(definitions(project)))),
                                    project.assignments()));
            case Plan.UnionAll union -> Optional.of(sinkIntoBranches(union, predicate));
            case Plan.Join join -> sinkIntoJoin(join, predicate);
            case Plan.Aggregate aggregate ->
                    overImages(predicate, aggregate.keys())
                            ? Optional.of(
                                    new Plan.Aggregate(
                                            filtered(aggregate.input(), List.of(predicate)),
                                            aggregate.keys(),
                                            aggregate.calls()))
                            : Optional.empty();
            case Plan.Distinct distinct ->
                    overImages(predicate, distinct.output())
                            ? Optional.of(
                                    new Plan.Distinct(
                                            filtered(distinct.input(), List.of(predicate))))
                            : Optional.empty();
        };
    }

    private static Plan below(Plan plan, Expr predicate) {
        return plan.over(List.of(filtered(plan.children().getFirst(), List.of(predicate))));
    }

    private static Map<String, Expr> definitions(Plan.Project project) {
        Map<String, Expr> definitions = new HashMap<>();
        project.assignments().forEach(it -> definitions.put(it.column().name(), it.expression()));
        return definitions;
    }

    private static Plan sinkIntoBranches(Plan.UnionAll union, Expr predicate) {
        List<Plan> branches = new ArrayList<>();
        for (Plan branch : union.branches()) {
            Map<String, String> names = new HashMap<>();
            for (int i = 0; i < union.output().size(); i++) {
                names.put(union.output().get(i).name(), branch.output().get(i).name());
            }
            branches.add(
                    filtered(
                            branch,
                            List.of(predicate.replace(name -> names.getOrDefault(name, name)))));
        }
        return new Plan.UnionAll(branches, union.output());
    }

    private static Optional<Plan> sinkIntoJoin(Plan.Join join, Expr predicate) {
        if (join.kind() == Plan.Join.Kind.FULL) {
            return Optional.empty();
        }
        if (within(predicate, join.left())) {
            return Optional.of(join.of(filtered(join.left(), List.of(predicate)), join.right()));
        }
        if (join.kind() == Plan.Join.Kind.LEFT) {
            return NullRejection.rejects(predicate, new HashSet<>(join.right().outputNames()))
                    ? sinkIntoJoin(
                            new Plan.Join(
                                    Plan.Join.Kind.INNER,
                                    join.left(),
                                    join.right(),
                                    join.condition()),
                            predicate)
                    : Optional.empty();
        }
        if (within(predicate, join.right())) {
            return Optional.of(join.of(join.left(), filtered(join.right(), List.of(predicate))));
        }
        return Optional.of(
                new Plan.Join(
                        join.kind(),
                        join.left(),
                        join.right(),
                        Expr.and(join.condition(), predicate)));
    }

    private static boolean overImages(Expr predicate, List<Column> columns) {
        Set<String> allowed = new HashSet<>();
        columns.stream()
                .filter(column -> column.type().imageEquality())
                .forEach(column -> allowed.add(column.name()));
        return allowed.containsAll(predicate.columns());
    }

    private static boolean within(Expr predicate, Plan plan) {
        return !predicate.columns().isEmpty()
                && plan.outputNames().containsAll(predicate.columns());
    }

    private static Expr conjunction(List<Expr> conjuncts) {
        return conjuncts.stream().reduce(Expr.always(), Expr::and);
    }
}
