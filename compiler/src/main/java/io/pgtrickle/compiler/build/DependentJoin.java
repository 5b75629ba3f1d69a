package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Joins a plan that may read the columns of the rows it is joined to. One thread.
final class DependentJoin {
    private final Rows rows;
    private final Names names;

    DependentJoin(Rows rows) {
        this.rows = rows;
        this.names = rows.names();
    }

    /// A plan that reads no column of the rows, and the condition that ties it to them.
    record Correlated(Plan plan, Expr condition) {}

    Correlated correlated(Plan inner) {
        Set<String> free = Free.of(inner, rows.plan().output());
        if (free.isEmpty()) {
            return new Correlated(inner, Expr.always());
        }
        Correlation.Lifted lifted = Correlation.lift(inner, free, Correlation.Depth.beside(rows));
        if (Free.of(lifted.plan(), rows.plan().output()).isEmpty()) {
            return new Correlated(lifted.plan(), lifted.condition());
        }
        Unnesting.Unnested unnested = Unnesting.unnest(rows.plan(), inner, free, names);
        return new Correlated(unnested.plan(), unnested.condition());
    }

    /// A LATERAL sub-select beside the rows.
    void lateral(Plan.Join.Kind kind, Plan inner, Expr on) {
        if (kind == Plan.Join.Kind.INNER && on.equals(Expr.always())) {
            Optional<SingleRow> single = SingleRow.of(inner);
            if (single.isPresent() && single.get().having().isEmpty()) {
                Map<String, Expr> values =
                        new AggregateJoin(rows).aggregates(single.get().aggregate());
                rows.add(
                        single.get().values().stream()
                                .map(it ->
                                        new Assignment(
                                                it.column(), it.expression().substitute(values)))
                                .toList());
                return;
            }
        }
        Correlated correlated = correlated(inner);
        rows.change(plan ->
                new Plan.Join(kind, plan, correlated.plan(), Expr.and(correlated.condition(), on)));
    }
}
