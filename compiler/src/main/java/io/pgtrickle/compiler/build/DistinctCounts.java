package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Makes `count(DISTINCT x)` a count of the distinct rows of the keys and `x`, which are kept, so
/// that a group is not read anew for each change of one of its rows.
///
/// Only of one value a grouping, and not of groups of a single table: those are found by their
/// keys, and in IMMEDIATE mode their writers need not wait for each other.
public final class DistinctCounts {
    private static final List<String> CALL = List.of("count(DISTINCT ", ")");

    private DistinctCounts() {}

    /// The call of which this is the text.
    static Expr call(Column value) {
        return new Expr.Template(CALL, List.of(new Expr.Ref(value.name())));
    }

    /// The same plan with such counts replaced.
    public static Plan apply(Plan plan) {
        Plan below = plan.over(plan.children().stream().map(DistinctCounts::apply).toList());
        return below instanceof Plan.Aggregate aggregate
                        && (aggregate.global() || aggregate.scans().count() > 1)
                ? value(aggregate).map(it -> counted(aggregate, it)).orElse(aggregate)
                : below;
    }

    /// The one value that all calls count.
    private static Optional<Column> value(Plan.Aggregate aggregate) {
        List<Optional<Expr>> texts =
                aggregate.calls().stream()
                        .map(call -> call.filter().isEmpty() ? call.text() : Optional.<Expr>empty())
                        .distinct()
                        .toList();
        return texts.size() == 1
                ? texts.getFirst()
                        .flatMap(text ->
                                aggregate.input().output().stream()
                                        .filter(it -> text.equals(call(it)) && isStorable(it))
                                        .findFirst())
                : Optional.empty();
    }

    private static boolean isStorable(Column column) {
        return column.type().equality() != TypeFacts.Equality.ABSENT
                && !column.type().sqlName().startsWith("record");
    }

    private static Plan counted(Plan.Aggregate aggregate, Column value) {
        List<Column> columns =
                Stream.concat(aggregate.keys().stream(), Stream.of(value)).distinct().toList();
        List<Assignment> read =
                columns.stream().map(it -> new Assignment(it, new Expr.Ref(it.name()))).toList();
        List<AggregateCall> calls = new ArrayList<>();
        for (AggregateCall call : aggregate.calls()) {
            calls.add(
                    new AggregateCall(
                            call.result(),
                            AggregateFunction.COUNT,
                            Optional.of(value),
                            Optional.empty()));
        }
        return new Plan.Aggregate(
                new Plan.Distinct(new Plan.Project(aggregate.input(), read)),
                aggregate.keys(),
                calls);
    }
}
