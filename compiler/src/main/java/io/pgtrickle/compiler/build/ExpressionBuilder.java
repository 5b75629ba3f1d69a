package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.QueryAnalysis.Routine;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Turns scalar expressions into plan expressions. What is more than a scalar function of one row
/// (aggregates, window functions, sub-queries, sets) is left to whoever builds the query's rows.
final class ExpressionBuilder {
    private final QueryAnalysis analysis;

    ExpressionBuilder(QueryAnalysis analysis) {
        this.analysis = analysis;
    }

    /// What an expression's parts mean where it stands.
    interface Meaning {
        /// What the whole of an expression is already known as.
        default Optional<Expr> known(SqlExpr expr) {
            return Optional.empty();
        }

        Expr column(SqlExpr.Column column);

        Expr wholeRow(SqlExpr.WholeRow row);

        Expr subQuery(SqlExpr.SubQuery sub);

        default Expr aggregate(SqlExpr call) {
            throw misplaced("aggregate", call);
        }

        default Expr window(SqlExpr call) {
            throw misplaced("window function", call);
        }

        default Expr set(SqlExpr.Call call) {
            throw misplaced("set-returning function", call);
        }

        default Expr grouping(SqlExpr.Grouping grouping) {
            throw misplaced("GROUPING", grouping);
        }

        private static UnsupportedConstruct misplaced(String what, SqlExpr expr) {
            String name = expr instanceof SqlExpr.Call call ? " " + call.name() : "";
            return new UnsupportedConstruct(
                    what + name, "A " + what + " stands where it cannot be maintained.");
        }
    }

    Expr build(SqlExpr expr, Meaning meaning) {
        Optional<Expr> known = meaning.known(expr);
        if (known.isPresent()) {
            return known.get();
        }
        return switch (expr) {
            case SqlExpr.Column column -> meaning.column(column);
            case SqlExpr.WholeRow row -> meaning.wholeRow(row);
            case SqlExpr.SubQuery sub -> meaning.subQuery(sub);
            case SqlExpr.Grouping grouping -> meaning.grouping(grouping);
            case SqlExpr.Compound compound ->
                    new Expr.Template(compound.texts(), all(compound.arguments(), meaning));
            case SqlExpr.SyntaxAggregate aggregate ->
                    aggregate.over().isPresent()
                            ? meaning.window(aggregate)
                            : meaning.aggregate(aggregate);
            case SqlExpr.Call call when call.over().isPresent() -> meaning.window(call);
            case SqlExpr.Call call when isAggregate(call) -> meaning.aggregate(call);
            case SqlExpr.Call call when returnsSet(call) -> meaning.set(call);
            case SqlExpr.Call call ->
                    spliced(name(call) + "(", all(call.arguments(), meaning), ")");
            case SqlExpr.Unsupported other ->
                    throw new UnsupportedConstruct(
                            other.construct(), "The query uses " + other.construct() + ".");
        };
    }

    List<Expr> all(List<SqlExpr> expressions, Meaning meaning) {
        return expressions.stream().map(it -> build(it, meaning)).toList();
    }

    /// A function's name as SQL.
    static String name(SqlExpr.Call call) {
        return call.schema()
                .map(schema -> Identifier.quote(schema, call.name()))
                .orElseGet(() -> Identifier.quote(call.name()));
    }

    /// A call with its arguments' texts as they are: `VARIADIC x` and `name => x` may not stand in
    /// parentheses.
    static Expr spliced(String head, List<Expr> arguments, String tail) {
        Splice splice = new Splice(head);
        for (int i = 0; i < arguments.size(); i++) {
            splice.text(i == 0 ? "" : ", ");
            splice.expr(arguments.get(i));
        }
        splice.text(tail);
        return splice.toExpr();
    }

    /// A template that grows.
    static final class Splice {
        private final List<String> texts = new ArrayList<>();
        private final List<Expr> holes = new ArrayList<>();
        private final StringBuilder text;

        Splice(String head) {
            this.text = new StringBuilder(head);
        }

        void text(String more) {
            text.append(more);
        }

        /// An expression without parentheses around it.
        void expr(Expr expr) {
            switch (expr) {
                case Expr.Ref reference -> hole(reference);
                case Expr.Template(List<String> parts, List<Expr> inner) -> {
                    text.append(parts.getFirst());
                    for (int j = 0; j < inner.size(); j++) {
                        hole(inner.get(j));
                        text.append(parts.get(j + 1));
                    }
                }
            }
        }

        private void hole(Expr expr) {
            texts.add(text.toString());
            holes.add(expr);
            text.setLength(0);
        }

        Expr toExpr() {
            List<String> all = new ArrayList<>(texts);
            all.add(text.toString());
            return new Expr.Template(all, holes);
        }
    }

    boolean isAggregate(SqlExpr expr) {
        return switch (expr) {
            case SqlExpr.Call call ->
                    call.over().isEmpty() && (call.star() || analysis.aggregates(call.name()));
            case SqlExpr.SyntaxAggregate aggregate -> aggregate.over().isEmpty();
            case SqlExpr.Column _,
                    SqlExpr.WholeRow _,
                    SqlExpr.Grouping _,
                    SqlExpr.Compound _,
                    SqlExpr.SubQuery _,
                    SqlExpr.Unsupported _ ->
                    false;
        };
    }

    private boolean returnsSet(SqlExpr.Call call) {
        return analysis.routines().stream()
                .anyMatch(routine ->
                        routine.returnsSet()
                                && routine.name().equals(call.name())
                                && schema(routine).equals(call.schema()));
    }

    private static Optional<String> schema(Routine routine) {
        return routine.schema().equals("pg_catalog")
                ? Optional.empty()
                : Optional.of(routine.schema());
    }

    /// Whether an aggregate occurs in the expression, not counting those of sub-queries.
    boolean hasAggregate(SqlExpr expr) {
        return isAggregate(expr)
                || expr instanceof SqlExpr.Grouping
                || SqlExprs.parts(expr).anyMatch(this::hasAggregate);
    }

    /// Whether a set-returning function occurs in the expression, not counting those of
    /// sub-queries.
    boolean hasSet(SqlExpr expr) {
        return (expr instanceof SqlExpr.Call call && call.over().isEmpty() && returnsSet(call))
                || SqlExprs.parts(expr).anyMatch(this::hasSet);
    }

    /// Whether anything but a scalar function of one row occurs in the expression.
    boolean isMoreThanScalar(SqlExpr expr) {
        boolean itself =
                switch (expr) {
                    case SqlExpr.Call call ->
                            call.over().isPresent() || isAggregate(call) || returnsSet(call);
                    case SqlExpr.SyntaxAggregate _, SqlExpr.Grouping _, SqlExpr.SubQuery _ -> true;
                    case SqlExpr.Column _,
                            SqlExpr.WholeRow _,
                            SqlExpr.Compound _,
                            SqlExpr.Unsupported _ ->
                            false;
                };
        return itself || SqlExprs.parts(expr).anyMatch(this::isMoreThanScalar);
    }

    /// The conjuncts of a predicate.
    static Stream<SqlExpr> conjuncts(SqlExpr expr) {
        return expr instanceof SqlExpr.Compound(List<String> texts, List<SqlExpr> arguments)
                        && arguments.size() > 1
                        && texts.getFirst().isEmpty()
                        && texts.getLast().isEmpty()
                        && texts.subList(1, arguments.size()).stream().allMatch(" AND "::equals)
                ? arguments.stream().flatMap(ExpressionBuilder::conjuncts)
                : Stream.of(expr);
    }

    /// What `NOT x` negates.
    static Optional<SqlExpr> negated(SqlExpr expr) {
        return expr instanceof SqlExpr.Compound(List<String> texts, List<SqlExpr> arguments)
                        && texts.equals(List.of("NOT ", ""))
                ? Optional.of(arguments.getFirst())
                : Optional.empty();
    }
}
