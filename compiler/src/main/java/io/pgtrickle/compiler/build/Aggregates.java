package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The aggregate calls of one SELECT, over its rows.
///
/// Aggregates that are functions of counts and exact sums become expressions over these: `bool_and`
/// and its kin, and variances of exact types, by the formula and with the digits of PostgreSQL's
/// `numeric`.
final class Aggregates {
    private final Rows rows;
    private final ExpressionBuilder expressions;
    private final Map<SqlExpr, Expr> known = new HashMap<>();
    private final List<AggregateCall> calls = new ArrayList<>();

    Aggregates(Rows rows, ExpressionBuilder expressions) {
        this.rows = rows;
        this.expressions = expressions;
    }

    /// The value of an aggregate over the groups.
    Expr value(SqlExpr call, RowMeaning meaning) {
        Expr value = known.get(call);
        if (value == null) {
            value = added(call, meaning);
            known.put(call, value);
        }
        return value;
    }

    /// The calls with the types of their results.
    List<AggregateCall> typed() {
        return calls.stream().map(this::typed).toList();
    }

    private AggregateCall typed(AggregateCall call) {
        Column result = call.result();
        Column typed =
                switch (call.function()) {
                    case COUNT_ROWS, COUNT ->
                            new Column(result.name(), TypeFacts.BIGINT, Nullability.NOT_NULL);
                    case SUM, AVG, MIN, MAX, OTHER ->
                            new Column(
                                    result.name(),
                                    rows.typesOf(
                                                    new Plan.Aggregate(
                                                            rows.plan(), List.of(), List.of(call)))
                                            .getFirst(),
                                    Nullability.NULLABLE);
                };
        return new AggregateCall(
                typed, call.function(), call.argument(), call.filter(), call.text());
    }

    private Expr added(SqlExpr expr, RowMeaning meaning) {
        return switch (expr) {
            case SqlExpr.Call call -> call(call, meaning);
            case SqlExpr.SyntaxAggregate call ->
                    other(expr, filter(call.filter(), meaning), "aggregate", meaning);
            case SqlExpr other -> throw new IllegalArgumentException("no aggregate: " + other);
        };
    }

    private Optional<Column> filter(Optional<SqlExpr> filter, RowMeaning meaning) {
        return filter.map(it -> rows.column(expressions.build(it, meaning), "filter"));
    }

    private Expr call(SqlExpr.Call call, RowMeaning meaning) {
        Optional<Column> filter = filter(call.filter(), meaning);
        boolean plain =
                call.schema().isEmpty()
                        && call.withinGroup().isEmpty()
                        && call.orderBy().isEmpty()
                        && !call.distinct()
                        && call.arguments().stream().noneMatch(Aggregates::isDecorated);
        boolean extremum =
                call.schema().isEmpty() && (call.name().equals("min") || call.name().equals("max"));
        if (!plain && !extremum) {
            return isDistinctCount(call)
                    ? distinctCount(expressions.all(call.arguments(), meaning).getFirst(), filter)
                    : other(call, filter, call.name(), meaning);
        }
        if (call.star()) {
            return ref(add(call.name(), AggregateFunction.COUNT_ROWS, Optional.empty(), filter));
        }
        Optional<List<SqlExpr>> fields = RowConstructors.fields(call.arguments().getFirst());
        if (extremum && fields.isPresent()) {
            return extremeRow(call.name(), expressions.all(fields.get(), meaning), filter);
        }
        List<Expr> arguments = expressions.all(call.arguments(), meaning);
        if (extremum && losesType(call.name(), arguments.getFirst())) {
            Expr value = new Expr.Ref(rows.column(arguments.getFirst(), "arg").name());
            return Expr.around("CAST(", first(call.name(), value, value, filter), " AS record)");
        }
        return switch (call.name()) {
            case "count" -> ref(simple(call.name(), AggregateFunction.COUNT, arguments, filter));
            case "sum" -> ref(simple(call.name(), AggregateFunction.SUM, arguments, filter));
            case "avg" -> ref(simple(call.name(), AggregateFunction.AVG, arguments, filter));
            case "min" -> ref(simple(call.name(), AggregateFunction.MIN, arguments, filter));
            case "max" -> ref(simple(call.name(), AggregateFunction.MAX, arguments, filter));
            case "bool_and", "every" -> truth(arguments.getFirst(), filter, " IS FALSE", " = 0");
            case "bool_or" -> truth(arguments.getFirst(), filter, " IS TRUE", " > 0");
            case "regr_count" -> pairs(arguments, filter);
            case "var_pop", "var_samp", "variance", "stddev_pop", "stddev_samp", "stddev" ->
                    variance(call, arguments.getFirst(), filter, meaning);
            default -> other(call, filter, call.name(), meaning);
        };
    }

    private static boolean isDistinctCount(SqlExpr.Call call) {
        return call.schema().isEmpty()
                && call.name().equals("count")
                && call.distinct()
                && call.orderBy().isEmpty()
                && call.arguments().size() == 1
                && !isDecorated(call.arguments().getFirst())
                && RowConstructors.fields(call.arguments().getFirst()).isEmpty();
    }

    private Expr distinctCount(Expr argument, Optional<Column> filter) {
        Expr text = DistinctCounts.call(rows.column(argument, "arg"));
        return new Expr.Ref(other("count", filter, text).name());
    }

    private static boolean isDecorated(SqlExpr argument) {
        return argument instanceof SqlExpr.Compound(List<String> texts, List<SqlExpr> _)
                && (texts.getFirst().startsWith("VARIADIC ") || texts.getFirst().contains(" => "));
    }

    private static Expr ref(AggregateCall call) {
        return new Expr.Ref(call.result().name());
    }

    private AggregateCall simple(
            String stem,
            AggregateFunction function,
            List<Expr> arguments,
            Optional<Column> filter) {
        Column argument = rows.column(arguments.getFirst(), "arg");
        return add(stem, function, Optional.of(argument), filter);
    }

    private AggregateCall add(
            String stem,
            AggregateFunction function,
            Optional<Column> argument,
            Optional<Column> filter) {
        for (AggregateCall present : calls) {
            if (present.function() == function
                    && present.argument().equals(argument)
                    && present.filter().equals(filter)
                    && present.text().isEmpty()) {
                return present;
            }
        }
        Column result =
                new Column(rows.names().fresh(stem), TypeFacts.UNKNOWN, Nullability.NULLABLE);
        AggregateCall call = new AggregateCall(result, function, argument, filter);
        calls.add(call);
        return call;
    }

    private Expr other(SqlExpr call, Optional<Column> filter, String stem, RowMeaning meaning) {
        Expr text = CallText.withoutFilter(call, it -> expressions.build(it, meaning));
        return new Expr.Ref(other(stem, filter, text).name());
    }

    private Column other(String stem, Optional<Column> filter, Expr text) {
        Column result =
                new Column(rows.names().fresh(stem), TypeFacts.UNKNOWN, Nullability.NULLABLE);
        calls.add(
                new AggregateCall(
                        result,
                        AggregateFunction.OTHER,
                        Optional.empty(),
                        filter,
                        Optional.of(text)));
        return result;
    }

    /// `min` and `max` of rows, field by field: each is that of the first row in their order.
    private Expr extremeRow(String name, List<Expr> values, Optional<Column> filter) {
        List<Expr> fields =
                values.stream()
                        .map(it -> (Expr) new Expr.Ref(rows.column(it, "arg").name()))
                        .toList();
        List<Expr> extremes = new ArrayList<>();
        fields.forEach(it -> extremes.add(first(name, it, RowConstructors.row(fields), filter)));
        Expr count = ref(add("count", AggregateFunction.COUNT_ROWS, Optional.empty(), filter));
        return new Expr.Template(
                List.of("CASE WHEN ", " > 0 THEN ", " END"),
                List.of(count, RowConstructors.row(extremes)));
    }

    /// The value in the row with the least or greatest `key`. Of keys that are equal but look
    /// different the first image counts.
    private Expr first(String name, Expr value, Expr key, Optional<Column> filter) {
        ExpressionBuilder.Splice text = new ExpressionBuilder.Splice("(array_agg(");
        text.expr(value);
        text.text(" ORDER BY ");
        text.expr(key);
        text.text(name.equals("max") ? " DESC NULLS LAST, CAST(" : ", CAST(");
        text.expr(key);
        text.text(" AS text) COLLATE \"C\")");
        filter.ifPresent(it -> {
            text.text(" FILTER (WHERE ");
            text.expr(new Expr.Ref(it.name()));
            text.text(")");
        });
        text.text(")[1]");
        return new Expr.Ref(other(name, Optional.empty(), text.toExpr()).name());
    }

    /// Whether the extremum of a composite type is a row without a type. The names of types that
    /// may be composite are qualified.
    private boolean losesType(String name, Expr argument) {
        return rows.typeOf(argument).sqlName().contains(".")
                && rows.typeOfAggregate(Expr.around(name + "(", argument, ")"))
                        .sqlName()
                        .equals("record");
    }

    /// `bool_and` and `bool_or`, by counting the deciding values.
    private Expr truth(Expr argument, Optional<Column> filter, String deciding, String test) {
        AggregateCall all = simple("count", AggregateFunction.COUNT, List.of(argument), filter);
        AggregateCall decided = countWhere(Expr.around("", argument, deciding), filter);
        return new Expr.Template(
                List.of("CASE WHEN ", " > 0 THEN ", test + " END"),
                List.of(ref(all), ref(decided)));
    }

    private AggregateCall countWhere(Expr condition, Optional<Column> filter) {
        Expr all =
                filter.map(it -> Expr.binary(new Expr.Ref(it.name()), "AND", condition))
                        .orElse(condition);
        return add(
                "count",
                AggregateFunction.COUNT_ROWS,
                Optional.empty(),
                Optional.of(rows.column(all, "filter")));
    }

    private Expr pairs(List<Expr> arguments, Optional<Column> filter) {
        return ref(
                countWhere(
                        Expr.binary(
                                Expr.around("", arguments.get(0), " IS DISTINCT FROM NULL"),
                                "AND",
                                Expr.around("", arguments.get(1), " IS DISTINCT FROM NULL")),
                        filter));
    }

    private Expr variance(
            SqlExpr.Call call, Expr argument, Optional<Column> filter, RowMeaning meaning) {
        TypeFacts type = rows.typeOf(argument);
        if (type.equals(TypeFacts.UNKNOWN)) {
            throw new TypesPending();
        }
        if (type.arithmetic() == Arithmetic.FLOATING || type.arithmetic() == Arithmetic.NONE) {
            return other(call, filter, call.name(), meaning);
        }
        Expr value =
                new Expr.Ref(
                        rows.column(Expr.around("CAST(", argument, " AS numeric)"), "arg").name());
        Expr square = Expr.binary(value, "*", value);
        Expr n = ref(simple("count", AggregateFunction.COUNT, List.of(value), filter));
        Expr sum = ref(simple("sum", AggregateFunction.SUM, List.of(value), filter));
        Expr squares = ref(simple("sum", AggregateFunction.SUM, List.of(square), filter));
        boolean population = call.name().endsWith("_pop");
        Expr dividend =
                new Expr.Template(
                        List.of("CAST(", " AS numeric) * ", " - ", " * ", ""),
                        List.of(n, squares, sum, sum));
        Expr divisor =
                population
                        ? new Expr.Template(List.of("CAST(", " AS numeric) * ", ""), List.of(n, n))
                        : new Expr.Template(
                                List.of("CAST(", " AS numeric) * (", " - 1)"), List.of(n, n));
        Expr variance =
                new Expr.Template(
                        List.of(
                                "CASE WHEN ",
                                (population ? " = 0" : " <= 1") + " THEN NULL WHEN ",
                                " <= 0 THEN CAST(0 AS numeric) ELSE ",
                                " / ",
                                " END"),
                        List.of(n, dividend, dividend, divisor));
        return call.name().startsWith("stddev") ? root(variance) : variance;
    }

    /// The square root with as many digits as the variance has.
    private static Expr root(Expr variance) {
        return Expr.around(
                "(SELECT CASE WHEN v = 'NaN' THEN v ELSE round(sqrt(round(v, scale(v) + 20)), scale(v)) END"
                        + " FROM (SELECT ",
                variance,
                " AS v) AS e)");
    }
}
