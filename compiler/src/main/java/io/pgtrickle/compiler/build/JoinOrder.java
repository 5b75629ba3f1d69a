package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Orders inner joins so that each item has an equality with those before it, where there is such
/// an order. The change of a join is joined with one item after the other: of `FROM a, b, ab` the
/// change of `a` would be multiplied with all of `b` before `ab` says which belong together.
///
/// The items stay in the order in which they are written as far as that allows.
public final class JoinOrder {
    private JoinOrder() {}

    /// The same plan with its inner joins ordered.
    public static Plan apply(Plan plan) {
        return inOrder(ordered(plan), plan.output());
    }

    private static Plan ordered(Plan plan) {
        if (plan instanceof Plan.Join join && join.kind() == Plan.Join.Kind.INNER) {
            List<Plan> items = new ArrayList<>();
            List<Expr> conjuncts = new ArrayList<>();
            flatten(join, items, conjuncts);
            return joined(items, conjuncts);
        }
        List<Plan> inputs = new ArrayList<>();
        for (Plan child : plan.children()) {
            Plan input = ordered(child);
            inputs.add(byPosition(plan) ? inOrder(input, child.output()) : input);
        }
        return plan.over(inputs);
    }

    /// Whether an operator takes the columns of its inputs by their position.
    private static boolean byPosition(Plan plan) {
        return switch (plan) {
            case Plan.UnionAll _, Plan.Recursive _ -> true;
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    false;
        };
    }

    private static Plan inOrder(Plan plan, List<Column> columns) {
        return plan.output().stream()
                        .map(Column::name)
                        .toList()
                        .equals(columns.stream().map(Column::name).toList())
                ? plan
                : new Plan.Project(
                        plan,
                        columns.stream()
                                .map(it -> new Plan.Assignment(it, new Expr.Ref(it.name())))
                                .toList());
    }

    private static void flatten(Plan plan, List<Plan> items, List<Expr> conjuncts) {
        if (plan instanceof Plan.Join join && join.kind() == Plan.Join.Kind.INNER) {
            flatten(join.left(), items, conjuncts);
            flatten(join.right(), items, conjuncts);
            conjuncts.addAll(join.condition().conjuncts());
        } else {
            items.add(ordered(plan));
        }
    }

    private static Plan joined(List<Plan> items, List<Expr> conjuncts) {
        List<Plan> left = new ArrayList<>(items);
        List<Expr> open = new ArrayList<>(conjuncts);
        Plan plan = left.removeFirst();
        while (!left.isEmpty()) {
            Set<String> names = new HashSet<>(plan.outputNames());
            Plan next =
                    left.stream()
                            .filter(item -> equated(names, item, open))
                            .findFirst()
                            .orElseGet(left::getFirst);
            left.remove(next);
            names.addAll(next.outputNames());
            List<Expr> condition =
                    open.stream().filter(it -> names.containsAll(it.columns())).toList();
            open.removeAll(condition);
            plan =
                    new Plan.Join(
                            Plan.Join.Kind.INNER,
                            plan,
                            next,
                            condition.stream().reduce(Expr.always(), Expr::and));
        }
        return plan;
    }

    private static boolean equated(Set<String> names, Plan item, List<Expr> conjuncts) {
        Set<String> own = Set.copyOf(item.outputNames());
        return conjuncts.stream()
                .map(Expr::equated)
                .flatMap(Optional::stream)
                .anyMatch(pair ->
                        (names.contains(pair.getFirst()) && own.contains(pair.getLast()))
                                || (names.contains(pair.getLast())
                                        && own.contains(pair.getFirst())));
    }
}
