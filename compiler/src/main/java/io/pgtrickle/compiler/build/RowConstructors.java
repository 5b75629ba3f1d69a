package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// `ROW(a, b)`: values of a type that no table can hold, while it can hold their fields.
final class RowConstructors {
    private RowConstructors() {}

    /// The fields of a row that is written out.
    static Optional<List<SqlExpr>> fields(SqlExpr expr) {
        return expr instanceof SqlExpr.Compound(List<String> texts, List<SqlExpr> arguments)
                        && !arguments.isEmpty()
                        && texts.getFirst().equals("ROW(")
                        && texts.getLast().equals(")")
                        && texts.subList(1, arguments.size()).stream().allMatch(", "::equals)
                ? Optional.of(arguments)
                : Optional.empty();
    }

    /// The fields, down to what is no row; an expression that is none is its only field.
    static Stream<SqlExpr> leaves(SqlExpr expr) {
        return fields(expr)
                .map(it -> it.stream().flatMap(RowConstructors::leaves))
                .orElseGet(() -> Stream.of(expr));
    }

    /// The row of some fields.
    static Expr row(List<Expr> fields) {
        return ExpressionBuilder.spliced("ROW(", fields, ")");
    }
}
