package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Leaves out columns that nobody reads, down to the scans: what remains there is what must be
/// captured.
public final class Pruner {
    private Pruner() {}

    /// The same plan, with the same output, reading as little as possible.
    public static Plan apply(Plan plan) {
        return prune(plan, new HashSet<>(plan.outputNames()));
    }

    private static Plan prune(Plan plan, Set<String> needed) {
        return switch (plan) {
            case Plan.Scan scan -> scan(scan, needed);
            case Plan.Constant _, Plan.Working _, Plan.Stored _ -> plan;
            case Plan.Expand expand -> {
                Set<String> all = with(needed, expand.item().columns());
                all.addAll(expand.condition().columns());
                yield expand.over(List.of(prune(expand.input(), all)));
            }
            case Plan.Window window -> window(window, needed);
            case Plan.Limit limit -> limit(limit, needed);
            case Plan.Recursive recursive ->
                    recursive.over(List.of(apply(recursive.base()), apply(recursive.step())));
            case Plan.Filter filter ->
                    new Plan.Filter(
                            prune(filter.input(), with(needed, filter.predicate().columns())),
                            filter.predicate());
            case Plan.Project project -> project(project, needed);
            case Plan.UnionAll union -> union(union, needed);
            case Plan.Join join -> {
                Set<String> all = with(needed, join.condition().columns());
                Plan left = prune(join.left(), all);
                Plan right = prune(join.right(), all);
                yield onlyTests(join, needed)
                        ? new Plan.Join(Plan.Join.Kind.SEMI, left, right, join.condition())
                        : join.of(left, right);
            }
            case Plan.Aggregate aggregate -> aggregate(aggregate, needed);
            case Plan.Distinct distinct ->
                    new Plan.Distinct(
                            prune(distinct.input(), new HashSet<>(distinct.input().outputNames())));
        };
    }

    /// Whether nothing of the right side is read but in the condition, and a left row has at most
    /// one partner: then the join is a test of the left rows, and when the right side changes only
    /// those change for which the test has another result.
    private static boolean onlyTests(Plan.Join join, Set<String> needed) {
        return join.kind() == Plan.Join.Kind.INNER
                && atMostOneRow(join.right())
                && join.right().outputNames().stream().noneMatch(needed::contains);
    }

    private static boolean atMostOneRow(Plan plan) {
        return switch (plan) {
            case Plan.Aggregate aggregate -> aggregate.global();
            case Plan.Constant _ -> true;
            case Plan.Filter _, Plan.Project _, Plan.Window _, Plan.Limit _, Plan.Distinct _ ->
                    atMostOneRow(plan.children().getFirst());
            case Plan.Join join ->
                    join.kind() != Plan.Join.Kind.FULL
                            && atMostOneRow(join.left())
                            && (!join.kind().showsRight() || atMostOneRow(join.right()));
            case Plan.Scan _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    false;
        };
    }

    private static Set<String> with(Set<String> needed, Set<String> more) {
        Set<String> all = new HashSet<>(needed);
        all.addAll(more);
        return all;
    }

    /// Keeps at least one column, a key column by preference: it changes least.
    private static Plan scan(Plan.Scan scan, Set<String> needed) {
        List<Column> output = new ArrayList<>();
        List<RelationColumn> sources = new ArrayList<>();
        for (int i = 0; i < scan.output().size(); i++) {
            if (needed.contains(scan.output().get(i).name())) {
                output.add(scan.output().get(i));
                sources.add(scan.sources().get(i));
            }
        }
        if (output.isEmpty() && !scan.output().isEmpty()) {
            int index = keyColumn(scan);
            output.add(scan.output().get(index));
            sources.add(scan.sources().get(index));
        }
        return new Plan.Scan(scan.relation(), output, sources);
    }

    private static int keyColumn(Plan.Scan scan) {
        for (List<String> key : scan.relation().keys()) {
            for (int i = 0; i < scan.sources().size(); i++) {
                if (key.contains(scan.sources().get(i).name())) {
                    return i;
                }
            }
        }
        for (int i = 0; i < scan.sources().size(); i++) {
            if (CompiledQuery.isVisible(scan.sources().get(i).name())) {
                return i;
            }
        }
        return 0;
    }

    private static Plan project(Plan.Project project, Set<String> needed) {
        List<Assignment> kept =
                project.assignments().stream()
                        .filter(it -> needed.contains(it.column().name()))
                        .toList();
        if (kept.isEmpty()) {
            kept = project.assignments().stream().limit(1).toList();
        }
        return new Plan.Project(prune(project.input(), read(kept)), kept);
    }

    private static Set<String> read(List<Assignment> assignments) {
        Set<String> columns = new HashSet<>();
        assignments.forEach(it -> columns.addAll(it.expression().columns()));
        return columns;
    }

    /// The branches are projections, so they can be cut to the same columns.
    private static Plan union(Plan.UnionAll union, Set<String> needed) {
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < union.output().size(); i++) {
            if (needed.contains(union.output().get(i).name())) {
                kept.add(i);
            }
        }
        if (kept.isEmpty() && !union.output().isEmpty()) {
            kept.add(0);
        }
        List<Plan> branches = new ArrayList<>();
        for (Plan branch : union.branches()) {
            Set<String> names = new HashSet<>();
            kept.forEach(i -> names.add(branch.output().get(i).name()));
            branches.add(prune(branch, names));
        }
        return new Plan.UnionAll(branches, kept.stream().map(union.output()::get).toList());
    }

    private static Plan window(Plan.Window window, Set<String> needed) {
        List<Assignment> calls =
                window.calls().stream()
                        .filter(call -> needed.contains(call.column().name()))
                        .toList();
        if (calls.isEmpty()) {
            return prune(window.input(), needed);
        }
        Set<String> all = with(needed, read(calls));
        window.partition().forEach(column -> all.add(column.name()));
        window.order().forEach(key -> all.add(key.column().name()));
        return new Plan.Window(
                prune(window.input(), all),
                window.partition(),
                window.order(),
                window.frame(),
                calls);
    }

    private static Plan limit(Plan.Limit limit, Set<String> needed) {
        Set<String> all = new HashSet<>(needed);
        limit.partition().forEach(column -> all.add(column.name()));
        limit.order().forEach(key -> all.add(key.column().name()));
        return limit.over(List.of(prune(limit.input(), all)));
    }

    private static Plan aggregate(Plan.Aggregate aggregate, Set<String> needed) {
        List<Plan.AggregateCall> calls =
                aggregate.calls().stream()
                        .filter(call -> needed.contains(call.result().name()))
                        .toList();
        Set<String> read = new HashSet<>();
        aggregate.keys().forEach(key -> read.add(key.name()));
        calls.forEach(call -> read.addAll(call.columns()));
        return new Plan.Aggregate(prune(aggregate.input(), read), aggregate.keys(), calls);
    }
}
