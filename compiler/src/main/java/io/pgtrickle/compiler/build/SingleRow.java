package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A plan that has one row, or none, for each outer row: an aggregate without keys below
/// projections and filters.
///
/// @param aggregate the aggregate
/// @param values the plan's columns, as expressions over the aggregate's
/// @param having what must hold for the row to be there, over the aggregate's columns
record SingleRow(Plan.Aggregate aggregate, List<Assignment> values, List<Expr> having) {
    SingleRow {
        values = List.copyOf(values);
        having = List.copyOf(having);
    }

    /// Takes a plan apart, if it is such a one.
    static Optional<SingleRow> of(Plan plan) {
        List<Assignment> values =
                plan.output().stream()
                        .map(column -> new Assignment(column, new Expr.Ref(column.name())))
                        .toList();
        List<Expr> having = new ArrayList<>();
        Plan below = plan;
        while (true) {
            switch (below) {
                case Plan.Project project -> {
                    Map<String, Expr> definitions = new HashMap<>();
                    project.assignments()
                            .forEach(it -> definitions.put(it.column().name(), it.expression()));
                    values =
                            values.stream()
                                    .map(it ->
                                            new Assignment(
                                                    it.column(),
                                                    it.expression().substitute(definitions)))
                                    .toList();
                    having.replaceAll(it -> it.substitute(definitions));
                    below = project.input();
                }
                case Plan.Filter filter -> {
                    having.add(filter.predicate());
                    below = filter.input();
                }
                case Plan.Aggregate aggregate -> {
                    return aggregate.global()
                            ? Optional.of(new SingleRow(aggregate, values, having))
                            : Optional.empty();
                }
                default -> {
                    return Optional.empty();
                }
            }
        }
    }
}
