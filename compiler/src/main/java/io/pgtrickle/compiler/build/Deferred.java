package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the expressions of a select list need done to the rows before they can be computed: window
/// functions, sub-queries, sets. Expressions refer to the results by names that are replaced when
/// it has been done. Inner parts come before those that use them.
///
/// Mutable; one thread.
final class Deferred {
    private final List<Step> steps = new ArrayList<>();
    private final Map<String, Expr> results = new HashMap<>();

    private sealed interface Step {
        String name();

        record Sub(String name, SubQueries.Inner inner, List<Expr> left) implements Step {}

        record Window(String name, WindowSpecs.Spec spec, Expr call) implements Step {}

        record Set(String name, Expr call) implements Step {}
    }

    Expr subQuery(Names names, SubQueries.Inner inner, List<Expr> left) {
        return add(new Step.Sub(names.fresh("deferred"), inner, left));
    }

    Expr window(Names names, WindowSpecs.Spec spec, Expr call) {
        return add(new Step.Window(names.fresh("deferred"), spec, call));
    }

    Expr set(Names names, Expr call) {
        return add(new Step.Set(names.fresh("deferred"), call));
    }

    private Expr add(Step step) {
        for (Step known : steps) {
            if (same(known, step)) {
                return new Expr.Ref(known.name());
            }
        }
        steps.add(step);
        return new Expr.Ref(step.name());
    }

    /// The same window function is computed once. The same set too: all advance together.
    private static boolean same(Step known, Step step) {
        return switch (known) {
            case Step.Window(String _, WindowSpecs.Spec spec, Expr call) ->
                    step instanceof Step.Window other
                            && other.spec().equals(spec)
                            && other.call().equals(call);
            case Step.Set(String _, Expr call) ->
                    step instanceof Step.Set other && other.call().equals(call);
            case Step.Sub _ -> false;
        };
    }

    void run(Rows rows) {
        List<Step.Set> sets = new ArrayList<>();
        for (Step step : steps) {
            switch (step) {
                case Step.Sub(String name, SubQueries.Inner inner, List<Expr> left) ->
                        results.put(name, new SubQueries(rows).value(inner, replaced(left)));
                case Step.Window(String name, WindowSpecs.Spec spec, Expr call) ->
                        results.put(name, window(rows, spec.map(this::replaced), replaced(call)));
                case Step.Set set -> sets.add(set);
            }
        }
        if (!sets.isEmpty()) {
            expand(rows, sets);
        }
    }

    Expr replaced(Expr expr) {
        return expr.substitute(results);
    }

    List<Expr> replaced(List<Expr> expressions) {
        return expressions.stream().map(this::replaced).toList();
    }

    private static Expr window(Rows rows, WindowSpecs.Spec spec, Expr call) {
        List<Column> partition =
                spec.partition().stream().map(it -> rows.column(it, "partition")).toList();
        List<Plan.SortKey> order = new ArrayList<>();
        spec.order()
                .forEach(it ->
                        order.add(
                                new Plan.SortKey(
                                        rows.column(it.expression(), "sort"), it.direction())));
        Column anonymous = new Column("q_1", TypeFacts.UNKNOWN, Nullability.NULLABLE);
        Plan question =
                new Plan.Project(
                        new Plan.Window(
                                rows.plan(),
                                partition,
                                order,
                                spec.frame(),
                                List.of(new Assignment(anonymous, call))),
                        List.of(new Assignment(anonymous, new Expr.Ref("q_1"))));
        Column result =
                new Column(
                        rows.names().fresh("window"),
                        rows.typesOf(question).getFirst(),
                        Nullability.NULLABLE);
        Assignment added = new Assignment(result, call);
        rows.change(plan ->
                extended(plan, partition, order, spec.frame(), added)
                        .orElseGet(() ->
                                new Plan.Window(
                                        plan, partition, order, spec.frame(), List.of(added))));
        return new Expr.Ref(result.name());
    }

    /// The same window once more: another call of it, unless it uses what this window computes.
    private static Optional<Plan> extended(
            Plan plan,
            List<Column> partition,
            List<Plan.SortKey> order,
            Optional<Expr> frame,
            Assignment call) {
        if (!(plan instanceof Plan.Window window)
                || !window.partition().equals(partition)
                || !window.order().equals(order)
                || !window.frame().equals(frame)
                || !window.input().outputNames().containsAll(call.expression().columns())) {
            return Optional.empty();
        }
        List<Assignment> calls = new ArrayList<>(window.calls());
        calls.add(call);
        return Optional.of(new Plan.Window(window.input(), partition, order, frame, calls));
    }

    /// Sets of one select list advance together, as a SELECT without FROM does it.
    private void expand(Rows rows, List<Step.Set> sets) {
        List<Expr> calls = sets.stream().map(it -> replaced(it.call())).toList();
        Expr item = ExpressionBuilder.spliced("(SELECT ", calls, ")");
        List<TypeFacts> types = rows.typesOfItem(item, sets.size());
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < sets.size(); i++) {
            Column column =
                    new Column(rows.names().fresh("set"), types.get(i), Nullability.NULLABLE);
            columns.add(column);
            results.put(sets.get(i).name(), new Expr.Ref(column.name()));
        }
        rows.change(
                plan -> new Plan.Expand(plan, Plan.Join.Kind.INNER, item, columns, Expr.always()));
    }
}
