package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// The columns that a plan reads and does not produce: those of the queries around it. Names are
/// unique, so this is a difference of sets.
final class Free {
    private Free() {}

    static Set<String> of(Plan plan) {
        Set<String> read = new LinkedHashSet<>();
        plan.operators().flatMap(Free::expressions).forEach(expr -> read.addAll(expr.columns()));
        plan.operators().flatMap(it -> columns(it).stream()).forEach(it -> read.add(it.name()));
        plan.operators()
                .flatMap(it -> produced(it).stream())
                .map(Column::name)
                .forEach(read::remove);
        return read;
    }

    /// Those of the columns `among` that a plan reads and does not produce.
    static Set<String> of(Plan plan, List<Column> among) {
        Set<String> free = of(plan);
        Set<String> found = new LinkedHashSet<>();
        among.stream().map(Column::name).filter(free::contains).forEach(found::add);
        return found;
    }

    /// The expressions of one operator.
    static Stream<Expr> expressions(Plan plan) {
        return switch (plan) {
            case Plan.Filter filter -> Stream.of(filter.predicate());
            case Plan.Project project ->
                    project.assignments().stream().map(Plan.Assignment::expression);
            case Plan.Constant constant ->
                    constant.assignments().stream().map(Plan.Assignment::expression);
            case Plan.Expand expand -> Stream.of(expand.item(), expand.condition());
            case Plan.Join join -> Stream.of(join.condition());
            case Plan.Aggregate aggregate ->
                    aggregate.calls().stream().flatMap(call -> call.text().stream());
            case Plan.Window window ->
                    Stream.concat(
                            window.calls().stream().map(Plan.Assignment::expression),
                            window.frame().stream());
            case Plan.Limit limit -> Stream.concat(limit.count().stream(), limit.offset().stream());
            case Plan.Scan _,
                    Plan.UnionAll _,
                    Plan.Distinct _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    Stream.empty();
        };
    }

    private static List<Column> columns(Plan plan) {
        return plan instanceof Plan.Aggregate aggregate ? aggregate.keys() : List.of();
    }

    private static List<Column> produced(Plan plan) {
        return plan instanceof Plan.Join join && !join.kind().showsRight()
                ? List.of()
                : plan.output();
    }
}
