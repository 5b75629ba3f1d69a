package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Walks queries.
final class QueryParts {
    private QueryParts() {}

    /// The expressions of one query, without those of the queries in it.
    static Stream<SqlExpr> expressions(Query query) {
        return Stream.of(
                        body(query.body()),
                        query.orderBy().stream().map(SortItem::expression),
                        query.limit().stream()
                                .flatMap(it ->
                                        Stream.concat(it.count().stream(), it.offset().stream())))
                .flatMap(it -> it);
    }

    private static Stream<SqlExpr> body(Body body) {
        return switch (body) {
            case Body.Select select ->
                    Stream.of(
                                    select.targets().stream().map(Query.Target::expression),
                                    select.from().stream().flatMap(QueryParts::item),
                                    select.where().stream(),
                                    select.groupBy().stream().flatMap(QueryParts::group),
                                    select.having().stream(),
                                    select.windows().stream()
                                            .flatMap(it -> SqlExprs.parts(it.window())))
                            .flatMap(it -> it);
            case Body.SetOperation _ -> Stream.empty();
            case Body.Values values -> values.rows().stream().flatMap(List::stream);
        };
    }

    private static Stream<SqlExpr> item(FromItem item) {
        return switch (item) {
            case FromItem.Relation _, FromItem.SubSelect _ -> Stream.empty();
            case FromItem.Join join ->
                    Stream.of(item(join.left()), item(join.right()), condition(join.condition()))
                            .flatMap(it -> it);
            case FromItem.Rows rows -> Stream.of(rows.item());
        };
    }

    private static Stream<SqlExpr> condition(JoinCondition condition) {
        return switch (condition) {
            case JoinCondition.On(SqlExpr predicate) -> Stream.of(predicate);
            case JoinCondition.None _, JoinCondition.Using _ -> Stream.empty();
        };
    }

    private static Stream<SqlExpr> group(GroupItem item) {
        return switch (item) {
            case GroupItem.Key(SqlExpr expression) -> Stream.of(expression);
            case GroupItem.Keys(List<SqlExpr> expressions) -> expressions.stream();
            case GroupItem.Empty _ -> Stream.empty();
            case GroupItem.Rollup(var entries) -> entries.stream().flatMap(List::stream);
            case GroupItem.Cube(var entries) -> entries.stream().flatMap(List::stream);
            case GroupItem.GroupingSets(var sets) -> sets.stream().flatMap(QueryParts::group);
        };
    }

    /// The sub-queries in an expression, without those inside them.
    static Stream<SqlExpr.SubQuery> subQueries(SqlExpr expr) {
        Stream<SqlExpr.SubQuery> below = SqlExprs.parts(expr).flatMap(QueryParts::subQueries);
        return expr instanceof SqlExpr.SubQuery sub ? Stream.concat(Stream.of(sub), below) : below;
    }

    /// A limit without an offset of nothing, unless nothing is left of it.
    static Optional<Query.Limit> effective(Query.Limit limit) {
        Optional<SqlExpr> offset = limit.offset().filter(it -> !it.equals(SqlExpr.text("0")));
        return limit.count().isEmpty() && offset.isEmpty()
                ? Optional.empty()
                : Optional.of(new Query.Limit(limit.count(), offset, limit.withTies()));
    }
}
