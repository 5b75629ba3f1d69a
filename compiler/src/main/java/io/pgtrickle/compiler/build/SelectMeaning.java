package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.Optional;
import java.util.function.Function;

/// The meaning of expressions of a select list, of HAVING and of ORDER BY: over the groups if there
/// are any, else over the rows; what the rows must be extended by is deferred.
record SelectMeaning(
        RowMeaning base,
        Optional<Grouping> grouping,
        Deferred deferred,
        WindowSpecs windows,
        ExpressionBuilder expressions,
        Function<SqlExpr.SubQuery, SubQueries.Inner> inner)
        implements ExpressionBuilder.Meaning {

    @Override
    public Optional<Expr> known(SqlExpr expr) {
        return grouping.flatMap(it -> it.key(expr));
    }

    @Override
    public Expr column(SqlExpr.Column column) {
        return grouping.map(it -> it.column(column)).orElseGet(() -> base.column(column));
    }

    @Override
    public Expr wholeRow(SqlExpr.WholeRow row) {
        return grouping.map(it -> it.wholeRow(row)).orElseGet(() -> base.wholeRow(row));
    }

    @Override
    public Expr subQuery(SqlExpr.SubQuery sub) {
        return deferred.subQuery(
                base.rows().names(), inner.apply(sub), expressions.all(sub.left(), this));
    }

    @Override
    public Expr aggregate(SqlExpr call) {
        return grouping.map(it -> it.aggregate(call, base))
                .orElseGet(() -> ExpressionBuilder.Meaning.super.aggregate(call));
    }

    @Override
    public Expr grouping(SqlExpr.Grouping call) {
        return grouping.map(it -> it.grouping(call))
                .orElseGet(() -> ExpressionBuilder.Meaning.super.grouping(call));
    }

    @Override
    public Expr set(SqlExpr.Call call) {
        Expr built =
                ExpressionBuilder.spliced(
                        ExpressionBuilder.name(call) + "(",
                        expressions.all(call.arguments(), this),
                        ")");
        return deferred.set(base.rows().names(), built);
    }

    @Override
    public Expr window(SqlExpr call) {
        Over over =
                switch (call) {
                    case SqlExpr.Call it -> it.over().orElseThrow();
                    case SqlExpr.SyntaxAggregate it -> it.over().orElseThrow();
                    case SqlExpr other ->
                            throw new IllegalArgumentException("no window call: " + other);
                };
        Expr text = CallText.of(call, it -> expressions.build(it, this));
        return deferred.window(
                base.rows().names(), windows.of(over, it -> expressions.build(it, this)), text);
    }
}
