package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// What the types of a plan's columns depend on: no predicate, no order, no limit, no column that
/// is not computed with. A question about it stays small however large the query around it is.
///
/// It is for describing only: its rows are not those of the plan. It does not look at types, which
/// may not be known yet.
final class Skeleton {
    private static final Plan NOTHING = new Plan.Constant(List.of());

    private Skeleton() {}

    /// A plan with the output columns of `plan`.
    static Plan of(Plan plan) {
        return of(plan, Set.copyOf(plan.outputNames()));
    }

    /// A plan with those output columns of `plan` that are `needed`, in their order, and perhaps
    /// others of its columns.
    static Plan of(Plan plan, Set<String> needed) {
        if (plan.outputNames().stream().noneMatch(needed::contains)) {
            return NOTHING;
        }
        return switch (plan) {
            case Plan.Scan scan -> scan(scan, needed);
            case Plan.Constant constant -> new Plan.Constant(kept(constant.assignments(), needed));
            case Plan.Filter _, Plan.Distinct _, Plan.Limit _, Plan.Stored _ ->
                    of(plan.children().getFirst(), needed);
            case Plan.Project project -> {
                List<Assignment> kept = kept(project.assignments(), needed);
                yield new Plan.Project(of(project.input(), read(kept)), kept);
            }
            case Plan.Expand expand -> expand(expand, needed);
            case Plan.UnionAll union -> union(union, needed);
            case Plan.Join join -> join(join, needed);
            case Plan.Aggregate aggregate -> aggregate(aggregate, needed);
            case Plan.Window window -> window(window, needed);
            case Plan.Recursive _, Plan.Working _ -> plan;
        };
    }

    private static List<Assignment> kept(List<Assignment> assignments, Set<String> needed) {
        return assignments.stream().filter(it -> needed.contains(it.column().name())).toList();
    }

    private static Set<String> read(List<Assignment> assignments) {
        Set<String> columns = new HashSet<>();
        assignments.forEach(it -> columns.addAll(it.expression().columns()));
        return columns;
    }

    private static Set<String> with(Set<String> needed, Set<String> more) {
        Set<String> all = new HashSet<>(needed);
        all.addAll(more);
        return all;
    }

    private static Plan scan(Plan.Scan scan, Set<String> needed) {
        List<Integer> kept = positions(scan.output(), needed);
        return new Plan.Scan(
                scan.relation(),
                kept.stream().map(scan.output()::get).toList(),
                kept.stream().map(scan.sources()::get).toList());
    }

    private static List<Integer> positions(List<Column> columns, Set<String> needed) {
        return IntStream.range(0, columns.size())
                .filter(i -> needed.contains(columns.get(i).name()))
                .boxed()
                .toList();
    }

    private static Plan expand(Plan.Expand expand, Set<String> needed) {
        return expand.columns().stream().noneMatch(it -> needed.contains(it.name()))
                ? of(expand.input(), needed)
                : new Plan.Expand(
                        of(expand.input(), with(needed, expand.item().columns())),
                        Plan.Join.Kind.INNER,
                        expand.item(),
                        expand.columns(),
                        Expr.always());
    }

    private static Plan union(Plan.UnionAll union, Set<String> needed) {
        List<Integer> kept = positions(union.output(), needed);
        List<Plan> branches = new ArrayList<>();
        for (Plan branch : union.branches()) {
            List<Column> columns = kept.stream().map(branch.output()::get).toList();
            Set<String> names = new HashSet<>();
            columns.forEach(it -> names.add(it.name()));
            branches.add(
                    new Plan.Project(
                            of(branch, names),
                            columns.stream()
                                    .map(it -> new Assignment(it, new Expr.Ref(it.name())))
                                    .toList()));
        }
        return new Plan.UnionAll(branches, kept.stream().map(union.output()::get).toList());
    }

    private static Plan join(Plan.Join join, Set<String> needed) {
        Plan left = of(join.left(), needed);
        Plan right = join.kind().showsRight() ? of(join.right(), needed) : NOTHING;
        if (right.equals(NOTHING)) {
            return left;
        }
        return left.equals(NOTHING)
                ? right
                : new Plan.Join(Plan.Join.Kind.INNER, left, right, Expr.always());
    }

    private static Plan aggregate(Plan.Aggregate aggregate, Set<String> needed) {
        List<Plan.AggregateCall> calls =
                aggregate.calls().stream()
                        .filter(call -> needed.contains(call.result().name()))
                        .toList();
        if (calls.isEmpty()) {
            return of(aggregate.input(), needed);
        }
        List<Column> keys =
                aggregate.keys().stream().filter(key -> needed.contains(key.name())).toList();
        Set<String> read = new HashSet<>();
        keys.forEach(key -> read.add(key.name()));
        calls.forEach(call -> read.addAll(call.columns()));
        return new Plan.Aggregate(of(aggregate.input(), read), keys, calls);
    }

    private static Plan window(Plan.Window window, Set<String> needed) {
        List<Assignment> calls = kept(window.calls(), needed);
        return calls.isEmpty()
                ? of(window.input(), needed)
                : new Plan.Window(
                        of(window.input(), with(needed, read(calls))),
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        calls);
    }
}
