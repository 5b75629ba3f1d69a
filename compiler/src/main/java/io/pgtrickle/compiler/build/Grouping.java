package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.PlanSql;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The grouping of one SELECT: collects keys and aggregates from its expressions and becomes a
/// projection of what they read, below an aggregate.
final class Grouping {
    private final ExpressionBuilder expressions;
    private final Projection input;
    private final Scope scope;
    private final Names names;
    private final List<Column> keys = new ArrayList<>();
    private final Map<SqlExpr.Call, AggregateCall> calls = new LinkedHashMap<>();

    Grouping(ExpressionBuilder expressions, Projection input, Scope scope, Names names) {
        this.expressions = expressions;
        this.input = input;
        this.scope = scope;
        this.names = names;
    }

    void key(SqlExpr expression) {
        addKey(input.column(expressions.build(expression, scope), "key"));
    }

    private Column addKey(Column column) {
        if (!keys.contains(column)) {
            if (column.type().equality() == TypeFacts.Equality.ABSENT
                    && !column.type().equals(TypeFacts.UNKNOWN)) {
                throw new UnsupportedConstruct(
                        "grouping by a type without equality",
                        "The type "
                                + column.type().sqlName()
                                + " of a grouped column has no equality operator.");
            }
            keys.add(column);
        }
        return column;
    }

    /// An expression of the select list or of HAVING, over the aggregate's output.
    Expr rewrite(SqlExpr expr) {
        if (!expressions.hasAggregate(expr)) {
            Expr whole = expressions.build(expr, scope);
            Optional<Column> key = input.known(whole).filter(keys::contains);
            if (key.isPresent()) {
                return new Expr.Ref(key.get().name());
            }
        }
        return switch (expr) {
            case SqlExpr.Call call when expressions.isAggregate(call) ->
                    new Expr.Ref(call(call).result().name());
            case SqlExpr.Call call ->
                    expressions.template(
                            call, call.arguments().stream().map(this::rewrite).toList());
            case SqlExpr.Compound compound ->
                    new Expr.Template(
                            compound.texts(),
                            compound.arguments().stream().map(this::rewrite).toList());
            // Not a key itself, so PostgreSQL accepted it because it depends on one that is a
            // primary key.
            case SqlExpr.Column _ ->
                    new Expr.Ref(
                            addKey(input.column(expressions.build(expr, scope), "key")).name());
            case SqlExpr.WholeRow _, SqlExpr.SubQuery _, SqlExpr.Unsupported _ ->
                    expressions.build(expr, scope);
        };
    }

    private AggregateCall call(SqlExpr.Call call) {
        AggregateCall known = calls.get(call);
        if (known != null) {
            return known;
        }
        expressions.requireRule(call);
        Optional<Column> filter =
                call.filter().map(it -> input.column(expressions.build(it, scope), "filter"));
        Optional<Column> argument =
                call.star()
                        ? Optional.empty()
                        : Optional.of(
                                input.column(
                                        expressions.build(call.arguments().getFirst(), scope),
                                        "arg"));
        AggregateFunction function =
                switch (call.name()) {
                    case "count" ->
                            call.star() ? AggregateFunction.COUNT_ROWS : AggregateFunction.COUNT;
                    case "sum" -> AggregateFunction.SUM;
                    case "avg" -> AggregateFunction.AVG;
                    case "min" -> AggregateFunction.MIN;
                    case "max" -> AggregateFunction.MAX;
                    default -> throw new IllegalStateException(call.name());
                };
        Column result =
                new Column(names.fresh(call.name()), TypeFacts.UNKNOWN, Nullability.NULLABLE);
        AggregateCall added = new AggregateCall(result, function, argument, filter);
        calls.put(call, added);
        return added;
    }

    /// The aggregate, with the types of its results.
    Plan.Aggregate finish(TypeAnswers types) {
        Plan projection = input.finish();
        List<AggregateCall> typed = new ArrayList<>();
        for (AggregateCall call : calls.values()) {
            typed.add(typed(call, projection, types));
        }
        return new Plan.Aggregate(projection, keys, typed);
    }

    private static AggregateCall typed(AggregateCall call, Plan projection, TypeAnswers types) {
        Column result = call.result();
        Column typed =
                switch (call.function()) {
                    case COUNT_ROWS, COUNT ->
                            new Column(result.name(), TypeFacts.BIGINT, Nullability.NOT_NULL);
                    case SUM, AVG, MIN, MAX -> {
                        Plan alone = new Plan.Aggregate(projection, List.of(), List.of(call));
                        TypeFacts type = types.of(PlanSql.describable(alone), 1).getFirst();
                        yield new Column(result.name(), type, Nullability.NULLABLE);
                    }
                };
        return new AggregateCall(typed, call.function(), call.argument(), call.filter());
    }

    /// A projection that grows with the expressions somebody needs.
    static final class Projection {
        private final Plan input;
        private final Names names;
        private final TypeAnswers types;
        private final Map<Expr, Column> columns = new LinkedHashMap<>();

        Projection(Plan input, Names names, TypeAnswers types) {
            this.input = input;
            this.names = names;
            this.types = types;
        }

        Optional<Column> known(Expr expr) {
            return Optional.ofNullable(columns.get(expr));
        }

        Column column(Expr expr, String stem) {
            Column known = columns.get(expr);
            if (known != null) {
                return known;
            }
            Column added =
                    PlanBuilder.reference(input, expr)
                            .orElseGet(() -> {
                                TypeFacts type = PlanBuilder.typeOf(input, expr, types);
                                return new Column(names.fresh(stem), type, Nullability.NULLABLE);
                            });
            columns.put(expr, added);
            return added;
        }

        Plan finish() {
            List<Assignment> assignments = new ArrayList<>();
            columns.forEach((expr, column) -> assignments.add(new Assignment(column, expr)));
            return columns.isEmpty() ? input : new Plan.Project(input, assignments);
        }
    }
}
