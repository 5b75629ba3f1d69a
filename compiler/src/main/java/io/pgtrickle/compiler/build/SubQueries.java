package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Turns sub-queries of expressions into joins.
///
/// As a condition that must hold, EXISTS, IN, ANY and ALL are semi and anti joins, whose condition
/// is three-valued where NULL can occur. Anywhere else a sub-query becomes aggregates that are
/// joined to the rows: how many of its rows there are, how many make a comparison true or unknown,
/// which value it has. The rows that it reads from around it become the condition of the join, or,
/// where they are used deeper, its domain.
final class SubQueries {
    private final Rows rows;
    private final Names names;
    private final AggregateJoin aggregates;

    SubQueries(Rows rows) {
        this.rows = rows;
        this.names = rows.names();
        this.aggregates = new AggregateJoin(rows);
    }

    /// A plan without the operators that only take copies of rows away.
    private static Plan withCopies(Plan plan) {
        return plan instanceof Plan.Distinct distinct ? withCopies(distinct.input()) : plan;
    }

    /// A sub-query whose rows can be built, each time with columns of its own.
    record Inner(
            SqlExpr.SubQuery.Kind kind,
            String operator,
            ExpressionBuilder expressions,
            Supplier<PlanBuilder.Built> build) {}

    // ---- conditions -------------------------------------------------------------------------

    /// Keeps the rows for which a sub-query's test is true, or, negated, false.
    void filter(Inner inner, List<Expr> left, boolean negated) {
        PlanBuilder.Built built = inner.build().get();
        Expr test = comparison(inner, left, built);
        boolean positive =
                switch (inner.kind()) {
                    case EXISTS, ANY -> !negated;
                    case ALL -> negated;
                    case SCALAR, ARRAY -> throw new IllegalArgumentException("not a test");
                };
        Expr condition =
                switch (inner.kind()) {
                    case EXISTS -> test;
                    case ANY ->
                            negated && !neverNull(left, built)
                                    ? Expr.around("", test, " IS NOT FALSE")
                                    : test;
                    case ALL -> Expr.around("", test, negated ? " IS FALSE" : " IS NOT TRUE");
                    case SCALAR, ARRAY -> throw new IllegalArgumentException("not a test");
                };
        join(
                positive ? Plan.Join.Kind.SEMI : Plan.Join.Kind.ANTI,
                withCopies(built.plan()),
                condition);
    }

    private boolean neverNull(List<Expr> left, PlanBuilder.Built built) {
        return left.stream().allMatch(this::neverNull)
                && built.plan().output().stream()
                        .limit(left.size())
                        .allMatch(column -> !Unnesting.nullable(column));
    }

    private boolean neverNull(Expr expr) {
        return rows.anyReference(expr).filter(it -> !Unnesting.nullable(it)).isPresent();
    }

    /// The comparison of the left side with a row of the sub-query: conjuncts for plain equalities
    /// that cannot be unknown, so that they can be joined by.
    private Expr comparison(Inner inner, List<Expr> left, PlanBuilder.Built built) {
        if (inner.kind() == SqlExpr.SubQuery.Kind.EXISTS) {
            return Expr.always();
        }
        List<Expr> right =
                built.plan().output().stream()
                        .limit(left.size())
                        .map(column -> (Expr) new Expr.Ref(column.name()))
                        .toList();
        if (left.size() == 1) {
            return Expr.binary(left.getFirst(), inner.operator(), right.getFirst());
        }
        boolean plain = inner.operator().equals("=") && inner.kind() == SqlExpr.SubQuery.Kind.ANY;
        if (plain) {
            Expr all = Expr.always();
            for (int i = 0; i < left.size(); i++) {
                all = Expr.and(all, Expr.binary(left.get(i), "=", right.get(i)));
            }
            return all;
        }
        return Expr.binary(row(left), inner.operator(), row(right));
    }

    private static Expr row(List<Expr> fields) {
        if (fields.size() == 1) {
            return fields.getFirst();
        }
        List<String> texts = new ArrayList<>(List.of("ROW("));
        for (int i = 1; i < fields.size(); i++) {
            texts.add(", ");
        }
        texts.add(")");
        return new Expr.Template(texts, fields);
    }

    private void join(Plan.Join.Kind kind, Plan inner, Expr condition) {
        DependentJoin.Correlated correlated = new DependentJoin(rows).correlated(inner);
        rows.change(plan ->
                new Plan.Join(
                        kind,
                        plan,
                        correlated.plan(),
                        Expr.and(correlated.condition(), condition)));
    }

    // ---- values -----------------------------------------------------------------------------

    /// The value of a sub-query for each row.
    Expr value(Inner inner, List<Expr> left) {
        return switch (inner.kind()) {
            case EXISTS -> exists(withCopies(inner.build().get().plan()));
            case SCALAR -> scalar(inner.build().get());
            case ARRAY -> array(inner.build().get());
            case ANY -> any(inner, left);
            case ALL -> all(inner, left);
        };
    }

    private Expr exists(Plan inner) {
        AggregateCall count = countRows(Optional.empty());
        return Expr.around("", aggregates.aggregate(inner, List.of(count)).get(count), " > 0");
    }

    private AggregateCall countRows(Optional<Column> filter) {
        Column result = new Column(names.fresh("count"), TypeFacts.BIGINT, Nullability.NOT_NULL);
        return new AggregateCall(result, AggregateFunction.COUNT_ROWS, Optional.empty(), filter);
    }

    private AggregateCall count(Column argument) {
        Column result = new Column(names.fresh("count"), TypeFacts.BIGINT, Nullability.NOT_NULL);
        return new AggregateCall(
                result, AggregateFunction.COUNT, Optional.of(argument), Optional.empty());
    }

    private AggregateCall other(Expr text, Column typed) {
        return new AggregateCall(
                typed,
                AggregateFunction.OTHER,
                Optional.empty(),
                Optional.empty(),
                Optional.of(text));
    }

    private Expr scalar(PlanBuilder.Built built) {
        Optional<SingleRow> single = SingleRow.of(built.plan());
        if (single.isPresent()) {
            Map<String, Expr> values = aggregates.aggregates(single.get().aggregate());
            Expr value =
                    row(
                            single.get().values().stream()
                                    .map(it -> it.expression().substitute(values))
                                    .toList());
            for (Expr having : single.get().having()) {
                value =
                        new Expr.Template(
                                List.of("CASE WHEN ", " THEN ", " END"),
                                List.of(having.substitute(values), value));
            }
            return value;
        }
        AggregateCall count = countRows(Optional.empty());
        List<AggregateCall> calls = new ArrayList<>();
        for (Column shown : built.plan().output()) {
            calls.add(
                    other(
                            Expr.around("any_value(", new Expr.Ref(shown.name()), ")"),
                            new Column(names.fresh("value"), shown.type(), Nullability.NULLABLE)));
        }
        calls.add(count);
        AggregateJoin.Results results = aggregates.aggregate(built.plan(), calls);
        // A second row makes PostgreSQL raise its own error where the value is used.
        ExpressionBuilder.Splice value = new ExpressionBuilder.Splice("(SELECT ");
        for (int i = 0; i < calls.size() - 1; i++) {
            value.text(i == 0 ? "" : ", ");
            value.expr(results.get(calls.get(i)));
        }
        value.text(" FROM generate_series(1, ");
        value.expr(results.get(count));
        value.text("))");
        return value.toExpr();
    }

    private Expr array(PlanBuilder.Built built) {
        Column shown = built.plan().output().getFirst();
        StringBuilder order = new StringBuilder();
        List<Expr> holes = new ArrayList<>(List.of(new Expr.Ref(shown.name())));
        List<String> texts = new ArrayList<>(List.of("array_agg("));
        for (Plan.SortKey key : built.order()) {
            texts.add(order.isEmpty() ? " ORDER BY " : order.toString());
            holes.add(new Expr.Ref(key.column().name()));
            order.setLength(0);
            order.append(' ').append(key.direction()).append(", ");
        }
        String last = order.isEmpty() ? "" : order.substring(0, order.length() - 2);
        texts.add(last + ")");
        Expr call = new Expr.Template(texts, holes);
        Column result =
                new Column(
                        names.fresh("array"),
                        rows.inside(built.plan()).typeOfAggregate(call),
                        Nullability.NULLABLE);
        AggregateCall aggregated = other(call, result);
        if (result.type().equals(TypeFacts.UNKNOWN)) {
            throw new TypesPending();
        }
        return new Expr.Template(
                List.of("coalesce(", ", CAST('{}' AS " + result.type().sqlName() + "))"),
                List.of(aggregates.aggregate(built.plan(), List.of(aggregated)).get(aggregated)));
    }

    /// `x IN (..)` where it is not a condition by itself: whether there is an equal row, and if
    /// not, whether the comparison with one is unknown.
    private Expr any(Inner inner, List<Expr> left) {
        if (!inner.operator().equals("=")) {
            return counted(inner, left, "true", "false", " IS TRUE");
        }
        List<Expr> columns = new ArrayList<>();
        left.forEach(it -> columns.add(new Expr.Ref(rows.column(it, "left").name())));
        PlanBuilder.Built built = inner.build().get();
        boolean certain = neverNull(columns, built);
        if (!certain && columns.size() > 1) {
            return counted(inner, columns, "true", "false", " IS TRUE");
        }
        Plan equal = new Plan.Filter(built.plan(), comparison(inner, columns, built));
        AggregateCall matches = countRows(Optional.empty());
        Expr found =
                Expr.around("", aggregates.aggregate(equal, List.of(matches)).get(matches), " > 0");
        if (certain) {
            return found;
        }
        Plan all = inner.build().get().plan();
        AggregateCall total = countRows(Optional.empty());
        AggregateCall known = count(all.output().getFirst());
        AggregateJoin.Results counts = aggregates.aggregate(all, List.of(total, known));
        return new Expr.Template(
                List.of(
                        "CASE WHEN ",
                        " THEN true WHEN ",
                        " = 0 THEN false WHEN ",
                        " IS NOT DISTINCT FROM NULL OR ",
                        " < ",
                        " THEN NULL ELSE false END"),
                List.of(
                        found,
                        counts.get(total),
                        columns.getFirst(),
                        counts.get(known),
                        counts.get(total)));
    }

    private Expr all(Inner inner, List<Expr> left) {
        return counted(inner, left, "false", "true", " IS FALSE");
    }

    /// Counts the rows for which the comparison is decisive, and those for which it is unknown.
    private Expr counted(
            Inner inner, List<Expr> left, String decided, String otherwise, String decisive) {
        PlanBuilder.Built built = inner.build().get();
        Expr test =
                left.size() == 1
                        ? comparison(inner, left, built)
                        : Expr.binary(
                                row(left),
                                inner.operator(),
                                row(
                                        built.plan().output().stream()
                                                .limit(left.size())
                                                .map(it -> (Expr) new Expr.Ref(it.name()))
                                                .toList()));
        Column yes = new Column(names.fresh("decisive"), TypeFacts.BOOLEAN, Nullability.NULLABLE);
        Column unknown =
                new Column(names.fresh("undecided"), TypeFacts.BOOLEAN, Nullability.NULLABLE);
        Plan compared =
                new Plan.Project(
                        built.plan(),
                        List.of(
                                new Assignment(yes, Expr.around("", test, decisive)),
                                new Assignment(unknown, Expr.around("", test, " IS NULL"))));
        AggregateCall decisions = countRows(Optional.of(yes));
        AggregateCall doubts = countRows(Optional.of(unknown));
        AggregateJoin.Results counts = aggregates.aggregate(compared, List.of(decisions, doubts));
        return new Expr.Template(
                List.of(
                        "CASE WHEN ",
                        " > 0 THEN " + decided + " WHEN ",
                        " > 0 THEN NULL ELSE " + otherwise + " END"),
                List.of(counts.get(decisions), counts.get(doubts)));
    }
}
