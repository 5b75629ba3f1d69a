package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.function.Function;

/// The meaning of expressions over the rows of FROM: columns are columns, and sub-queries are
/// joined to the rows at once.
record RowMeaning(Rows rows, Scope scope, Function<SqlExpr.SubQuery, SubQueries.Inner> inner)
        implements ExpressionBuilder.Meaning {

    @Override
    public Expr column(SqlExpr.Column column) {
        return new Expr.Ref(scope.resolve(column.qualifier(), column.name()).name());
    }

    @Override
    public Expr wholeRow(SqlExpr.WholeRow row) {
        return new Expr.Ref(scope.wholeRow(row.relation()).name());
    }

    @Override
    public Expr subQuery(SqlExpr.SubQuery sub) {
        SubQueries.Inner built = inner.apply(sub);
        List<Expr> left = built.expressions().all(sub.left(), this);
        return new SubQueries(rows).value(built, left);
    }
}
