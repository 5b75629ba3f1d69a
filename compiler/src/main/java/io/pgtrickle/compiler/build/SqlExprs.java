package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Window;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.stream.Stream;

/// Walks scalar expressions.
final class SqlExprs {
    private SqlExprs() {}

    /// The expressions right below one; sub-queries are not entered.
    static Stream<SqlExpr> parts(SqlExpr expr) {
        return switch (expr) {
            case SqlExpr.Call call ->
                    Stream.of(
                                    call.arguments().stream(),
                                    items(call.orderBy()),
                                    call.filter().stream(),
                                    call.over().stream().flatMap(SqlExprs::window),
                                    items(call.withinGroup()))
                            .flatMap(it -> it);
            case SqlExpr.SyntaxAggregate aggregate ->
                    Stream.of(
                                    aggregate.text().arguments().stream(),
                                    aggregate.filter().stream(),
                                    aggregate.over().stream().flatMap(SqlExprs::window))
                            .flatMap(it -> it);
            case SqlExpr.Compound compound -> compound.arguments().stream();
            case SqlExpr.Grouping grouping -> grouping.arguments().stream();
            case SqlExpr.SubQuery sub -> sub.left().stream();
            case SqlExpr.Column _, SqlExpr.WholeRow _, SqlExpr.Unsupported _ -> Stream.empty();
        };
    }

    private static Stream<SqlExpr> items(List<SortItem> items) {
        return items.stream().map(SortItem::expression);
    }

    private static Stream<SqlExpr> window(Over over) {
        return switch (over) {
            case Over.Named _ -> Stream.empty();
            case Over.Inline(var window) -> parts(window);
        };
    }

    /// The expressions of a window definition.
    static Stream<SqlExpr> parts(Window window) {
        return Stream.of(
                        window.partitionBy().stream(),
                        items(window.orderBy()),
                        window.frame().stream())
                .flatMap(it -> it);
    }
}
