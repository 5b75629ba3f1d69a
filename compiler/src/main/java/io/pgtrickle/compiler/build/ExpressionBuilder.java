package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Turns scalar expressions without aggregates into plan expressions.
final class ExpressionBuilder {
    private static final Set<String> WITH_RULES = Set.of("count", "sum", "avg", "min", "max");

    private final QueryAnalysis analysis;

    ExpressionBuilder(QueryAnalysis analysis) {
        this.analysis = analysis;
    }

    Expr build(SqlExpr expr, Scope scope) {
        return switch (expr) {
            case SqlExpr.Column column ->
                    new Expr.Ref(scope.resolve(column.qualifier(), column.name()).name());
            case SqlExpr.Compound compound ->
                    new Expr.Template(
                            compound.texts(),
                            compound.arguments().stream().map(it -> build(it, scope)).toList());
            case SqlExpr.Call call -> {
                if (isAggregate(call)) {
                    throw new UnsupportedConstruct(
                            "aggregate " + call.name(), "An aggregate stands where none may.");
                }
                yield template(
                        call, call.arguments().stream().map(it -> build(it, scope)).toList());
            }
            case SqlExpr.WholeRow row ->
                    throw new UnsupportedConstruct(
                            "whole-row reference",
                            "The row of " + row.relation() + " is used as a value.");
            case SqlExpr.SubQuery sub ->
                    throw new UnsupportedConstruct(
                            "sub-query in an expression",
                            "A " + describe(sub) + " is used in an expression.");
            case SqlExpr.Unsupported other ->
                    throw new UnsupportedConstruct(
                            other.construct(), "The query uses " + other.construct() + ".");
        };
    }

    private static String describe(SqlExpr.SubQuery sub) {
        return switch (sub.kind()) {
            case SCALAR -> "scalar sub-query";
            case EXISTS -> "sub-query with EXISTS";
            case ANY -> "sub-query with IN or ANY";
            case ALL -> "sub-query with ALL";
            case ARRAY -> "sub-query with ARRAY";
        };
    }

    /// A plain function call over arguments that are built already.
    Expr template(SqlExpr.Call call, List<Expr> arguments) {
        if (call.over().isPresent()) {
            throw new UnsupportedConstruct(
                    "window function", "The window function " + call.name() + " is used.");
        }
        if (call.star()
                || call.distinct()
                || call.filter().isPresent()
                || call.withinGroup().isPresent()
                || !call.orderBy().isEmpty()) {
            throw new UnsupportedConstruct(
                    "aggregate " + call.name(), "The aggregate " + call.name() + " is used.");
        }
        String name =
                call.schema()
                        .map(schema -> Identifier.quote(schema, call.name()))
                        .orElseGet(() -> Identifier.quote(call.name()));
        return spliced(name + "(", arguments);
    }

    /// A call with its arguments' texts as they are: `VARIADIC x` and `name => x` may not stand in
    /// parentheses.
    private static Expr spliced(String head, List<Expr> arguments) {
        List<String> texts = new ArrayList<>();
        List<Expr> holes = new ArrayList<>();
        StringBuilder text = new StringBuilder(head);
        for (int i = 0; i < arguments.size(); i++) {
            text.append(i == 0 ? "" : ", ");
            switch (arguments.get(i)) {
                case Expr.Ref reference -> {
                    texts.add(text.toString());
                    holes.add(reference);
                    text.setLength(0);
                }
                case Expr.Template(List<String> parts, List<Expr> inner) -> {
                    text.append(parts.getFirst());
                    for (int j = 0; j < inner.size(); j++) {
                        texts.add(text.toString());
                        holes.add(inner.get(j));
                        text.setLength(0);
                        text.append(parts.get(j + 1));
                    }
                }
            }
        }
        texts.add(text.append(')').toString());
        return new Expr.Template(texts, holes);
    }

    boolean isAggregate(SqlExpr.Call call) {
        return call.over().isEmpty() && (call.star() || analysis.aggregates(call.name()));
    }

    /// Whether an aggregate occurs in the expression, not counting those of sub-queries.
    boolean hasAggregate(SqlExpr expr) {
        return switch (expr) {
            case SqlExpr.Call call -> isAggregate(call) || parts(call).anyMatch(this::hasAggregate);
            case SqlExpr.Compound compound ->
                    compound.arguments().stream().anyMatch(this::hasAggregate);
            case SqlExpr.Column _, SqlExpr.WholeRow _, SqlExpr.SubQuery _, SqlExpr.Unsupported _ ->
                    false;
        };
    }

    private static Stream<SqlExpr> parts(SqlExpr.Call call) {
        return Stream.of(call.arguments().stream(), call.filter().stream(), call.over().stream())
                .flatMap(it -> it);
    }

    /// Refuses aggregates without a delta rule of their own.
    void requireRule(SqlExpr.Call call) {
        String name = call.name();
        boolean plain =
                call.schema().isEmpty()
                        && WITH_RULES.contains(name)
                        && call.withinGroup().isEmpty()
                        && call.orderBy().isEmpty();
        if (!plain) {
            throw new UnsupportedConstruct(
                    "aggregate " + name, "The aggregate " + name + " has no delta rule.");
        }
        boolean harmless = name.equals("min") || name.equals("max");
        if (call.distinct() && !harmless) {
            throw new UnsupportedConstruct(
                    "aggregate " + name + "(DISTINCT)",
                    "The aggregate " + name + " is used with DISTINCT.");
        }
    }
}
