package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Enclosing;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.Optional;

/// Builds LIMIT, OFFSET and FETCH FIRST.
///
/// Bounds that are the same for all rows whatever the data are a [Plan.Limit]. Where one depends on
/// a sub-query or on a row around the query, the rows are numbered and compared with it.
///
/// One thread.
final class LimitBuilder {
    private final PlanBuilder builder;
    private final Environment environment;
    private final Optional<Enclosing> enclosing;

    LimitBuilder(PlanBuilder builder, Environment environment, Optional<Enclosing> enclosing) {
        this.builder = builder;
        this.environment = environment;
        this.enclosing = enclosing;
    }

    /// @param limit with a count or an offset
    Built limited(Built built, Query.Limit limit) {
        Rows rows = builder.rows(built.plan(), enclosing);
        Scope scope = Scope.empty().inside(enclosing.map(Enclosing::scope));
        RowMeaning meaning =
                new RowMeaning(
                        rows,
                        scope,
                        sub ->
                                builder.inner(
                                        sub, environment, Optional.of(new Enclosing(rows, scope))));
        Optional<Expr> count = limit.count().map(it -> bound(it, meaning));
        Optional<Expr> offset = limit.offset().map(it -> bound(it, meaning));
        boolean fixed =
                rows.plan().equals(built.plan())
                        && count.stream().allMatch(it -> it.columns().isEmpty())
                        && offset.stream().allMatch(it -> it.columns().isEmpty());
        Plan limited =
                fixed
                        ? new Plan.Limit(
                                built.plan(),
                                List.of(),
                                built.order(),
                                count,
                                offset,
                                limit.withTies())
                        : numbered(rows, built.order(), count, offset, limit.withTies());
        return new Built(limited, built.names(), built.order());
    }

    private Expr bound(SqlExpr expr, RowMeaning meaning) {
        return builder.expressions().build(expr, meaning);
    }

    private static Plan numbered(
            Rows rows,
            List<Plan.SortKey> order,
            Optional<Expr> count,
            Optional<Expr> offset,
            boolean ties) {
        Expr skipped =
                offset.map(it -> Expr.around("coalesce(", it, ", 0)")).orElse(Expr.text("0"));
        Expr condition = Expr.always();
        if (offset.isPresent()) {
            Expr row = number(rows, order, "row_number()");
            condition = Expr.binary(row, ">", skipped);
        }
        if (count.isPresent()) {
            Expr row = number(rows, order, ties ? "rank()" : "row_number()");
            Expr last = Expr.binary(skipped, "+", count.get());
            condition =
                    Expr.and(
                            condition,
                            new Expr.Template(
                                    List.of("coalesce(", " <= ", ", true)"), List.of(row, last)));
        }
        return new Plan.Filter(rows.plan(), condition);
    }

    private static Expr number(Rows rows, List<Plan.SortKey> order, String call) {
        Column number =
                new Column(rows.names().fresh("number"), TypeFacts.BIGINT, Nullability.NOT_NULL);
        List<Assignment> calls = List.of(new Assignment(number, Expr.text(call)));
        rows.change(plan -> new Plan.Window(plan, List.of(), order, Optional.empty(), calls));
        return new Expr.Ref(number.name());
    }
}
