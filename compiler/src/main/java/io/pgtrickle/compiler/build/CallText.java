package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.function.Function;

/// Aggregate and window calls as text with holes: all of the call but OVER and, for aggregates, the
/// filter.
final class CallText {
    private CallText() {}

    /// A window call with its filter.
    static Expr of(SqlExpr call, Function<SqlExpr, Expr> build) {
        ExpressionBuilder.Splice splice = new ExpressionBuilder.Splice("");
        splice.expr(withoutFilter(call, build));
        var filter =
                switch (call) {
                    case SqlExpr.Call it -> it.filter();
                    case SqlExpr.SyntaxAggregate it -> it.filter();
                    case SqlExpr other -> throw new IllegalArgumentException("no call: " + other);
                };
        filter.ifPresent(it -> {
            splice.text(" FILTER (WHERE ");
            splice.expr(build.apply(it));
            splice.text(")");
        });
        return splice.toExpr();
    }

    static Expr withoutFilter(SqlExpr call, Function<SqlExpr, Expr> build) {
        return switch (call) {
            case SqlExpr.Call it -> plain(it, build);
            case SqlExpr.SyntaxAggregate it ->
                    new Expr.Template(
                            it.text().texts(), it.text().arguments().stream().map(build).toList());
            case SqlExpr other -> throw new IllegalArgumentException("no call: " + other);
        };
    }

    private static Expr plain(SqlExpr.Call call, Function<SqlExpr, Expr> build) {
        ExpressionBuilder.Splice splice =
                new ExpressionBuilder.Splice(ExpressionBuilder.name(call) + "(");
        if (call.star()) {
            splice.text("*");
        }
        if (call.distinct()) {
            splice.text("DISTINCT ");
        }
        for (int i = 0; i < call.arguments().size(); i++) {
            splice.text(i == 0 ? "" : ", ");
            splice.expr(build.apply(call.arguments().get(i)));
        }
        sorted(splice, " ORDER BY ", call.orderBy(), build);
        splice.text(")");
        if (!call.withinGroup().isEmpty()) {
            splice.text(" WITHIN GROUP (");
            sorted(splice, "ORDER BY ", call.withinGroup(), build);
            splice.text(")");
        }
        return splice.toExpr();
    }

    private static void sorted(
            ExpressionBuilder.Splice splice,
            String head,
            List<SortItem> items,
            Function<SqlExpr, Expr> build) {
        for (int i = 0; i < items.size(); i++) {
            splice.text(i == 0 ? head : ", ");
            splice.expr(build.apply(items.get(i).expression()));
            splice.text(items.get(i).suffix().isEmpty() ? "" : " " + items.get(i).suffix());
        }
    }
}
