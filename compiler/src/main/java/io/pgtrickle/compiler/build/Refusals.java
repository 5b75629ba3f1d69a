package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.diagnostic.Diagnostic.Consequence;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.QueryParser;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What must not be maintained even by recomputing: clauses that lock rows of the sources, samples,
/// and limits that leave open which rows they take. In a sub-query of an expression any rows will
/// do for a limit.
public final class Refusals {
    private final ExpressionBuilder expressions;

    private Refusals(QueryAnalysis analysis) {
        this.expressions = new ExpressionBuilder(analysis);
    }

    /// The first such clause of a query or of a view that it reads.
    public static Optional<Diagnostic> of(QueryAnalysis analysis) {
        Refusals refusals = new Refusals(analysis);
        Stream<String> views =
                analysis.relations().stream()
                        .map(Relation::viewDefinition)
                        .flatMap(Optional::stream);
        return Stream.concat(Stream.of(analysis.canonicalText()), views)
                .flatMap(it -> refusals.query(QueryParser.parse(it), AnyRows.REFUSED))
                .findFirst();
    }

    /// Whether any rows will do where a limit leaves open which.
    private enum AnyRows {
        ALLOWED,
        REFUSED
    }

    private Stream<Diagnostic> query(Query query, AnyRows anyRows) {
        Stream<Supplier<Stream<Diagnostic>>> parts =
                Stream.of(
                        () -> query.trailing().stream().map(Refusals::lock),
                        () -> anyRows == AnyRows.ALLOWED ? Stream.empty() : limit(query),
                        () ->
                                query.with().stream()
                                        .flatMap(it -> query(it.query(), AnyRows.REFUSED)),
                        () -> body(query.body()),
                        () ->
                                QueryParts.expressions(query)
                                        .flatMap(QueryParts::subQueries)
                                        .flatMap(it -> query(it.query(), AnyRows.ALLOWED)));
        return parts.flatMap(Supplier::get);
    }

    private Stream<Diagnostic> body(Body body) {
        return switch (body) {
            case Body.Select select -> select.from().stream().flatMap(this::item);
            case Body.SetOperation operation ->
                    Stream.of(operation.left(), operation.right())
                            .flatMap(it -> query(it, AnyRows.REFUSED));
            case Body.Values _ -> Stream.empty();
        };
    }

    private Stream<Diagnostic> item(FromItem item) {
        return switch (item) {
            case FromItem.Relation relation ->
                    relation.clauses().stream()
                            .filter(it -> it.construct().equals("TABLESAMPLE"))
                            .map(_ -> sample(relation));
            case FromItem.SubSelect sub -> query(sub.query(), AnyRows.REFUSED);
            case FromItem.Join join -> Stream.of(join.left(), join.right()).flatMap(this::item);
            case FromItem.Rows _ -> Stream.empty();
        };
    }

    private static Diagnostic lock(Query.Clause clause) {
        return new Diagnostic(
                clause.construct(),
                "Each refresh would lock rows of the sources against their writers.",
                Consequence.REFUSED);
    }

    private static Diagnostic sample(FromItem.Relation relation) {
        return new Diagnostic(
                "TABLESAMPLE",
                "Each evaluation reads another sample of "
                        + relation.name()
                        + ", so the query has no answer that could be kept up to date.",
                Consequence.UNDETERMINED);
    }

    private Stream<Diagnostic> limit(Query query) {
        Optional<Query.Limit> limit = query.limit().flatMap(QueryParts::effective);
        if (limit.isEmpty() || !query.orderBy().isEmpty() || oneRow(query.body())) {
            return Stream.empty();
        }
        Optional<SqlExpr> count = limit.get().count();
        if (count.filter(it -> it.equals(SqlExpr.text("0"))).isPresent()) {
            return Stream.empty();
        }
        return Stream.of(
                new Diagnostic(
                        (count.isPresent() ? "LIMIT" : "OFFSET") + " without ORDER BY",
                        "Which rows are taken is not determined, so the query has no answer that could be kept up to"
                                + " date.",
                        Consequence.UNDETERMINED));
    }

    /// Whether there is never more than one row.
    private boolean oneRow(Body body) {
        return body instanceof Body.Select select
                && select.groupBy().isEmpty()
                && (select.having().isPresent()
                        || select.targets().stream()
                                .anyMatch(it -> expressions.hasAggregate(it.expression())))
                && select.targets().stream().noneMatch(it -> expressions.hasSet(it.expression()));
    }
}
