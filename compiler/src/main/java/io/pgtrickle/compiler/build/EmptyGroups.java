package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.PlanSql;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A grouping that is joined from the left, where the right side of the join has no row for a group
/// without members: what its aggregates are there.
///
/// @param aggregate the grouping, with one more call when the missing groups must be told apart;
///   its results have names of their own
/// @param values each call's value above the left join, by the name of its result in the original
record EmptyGroups(Plan.Aggregate aggregate, Map<String, Expr> values) {

    Expr value(AggregateCall call) {
        return Objects.requireNonNull(values.get(call.result().name()));
    }

    static EmptyGroups of(Plan.Aggregate aggregate, Names names) {
        List<AggregateCall> calls = new ArrayList<>();
        Map<String, Expr> values = new LinkedHashMap<>();
        Column members = new Column(names.fresh("members"), TypeFacts.BIGINT, Nullability.NOT_NULL);
        boolean told = false;
        for (AggregateCall call : aggregate.calls()) {
            Column result =
                    new Column(
                            names.fresh(Names.stem(call.result().name())),
                            call.result().type(),
                            call.result().nullability());
            calls.add(
                    new AggregateCall(
                            result, call.function(), call.argument(), call.filter(), call.text()));
            Expr value = new Expr.Ref(result.name());
            switch (call.function()) {
                case COUNT, COUNT_ROWS -> value = Expr.around("coalesce(", value, ", 0)");
                case SUM, AVG, MIN, MAX -> {}
                case OTHER -> {
                    told = true;
                    value =
                            new Expr.Template(
                                    List.of(
                                            "CASE WHEN ",
                                            " IS NULL THEN " + empty(call, aggregate) + " ELSE ",
                                            " END"),
                                    List.of(new Expr.Ref(members.name()), value));
                }
            }
            values.put(call.result().name(), value);
        }
        if (told) {
            calls.add(
                    new AggregateCall(
                            members,
                            AggregateFunction.COUNT_ROWS,
                            Optional.empty(),
                            Optional.empty()));
        }
        return new EmptyGroups(
                new Plan.Aggregate(aggregate.input(), aggregate.keys(), calls), values);
    }

    /// The aggregate over no row, computed by PostgreSQL.
    private static String empty(AggregateCall call, Plan.Aggregate aggregate) {
        Set<String> read = call.columns();
        List<Column> columns =
                aggregate.input().output().stream()
                        .filter(column -> read.contains(column.name()))
                        .toList();
        if (columns.stream().anyMatch(column -> column.type().equals(TypeFacts.UNKNOWN))) {
            throw new TypesPending();
        }
        Expr text = call.text().orElseThrow();
        return "(SELECT "
                + PlanSql.text(text)
                + " FROM (SELECT "
                + columns.stream()
                        .map(column ->
                                "CAST(NULL AS "
                                        + column.type().sqlName()
                                        + ") AS "
                                        + Identifier.quote(column.name()))
                        .collect(Collectors.joining(", "))
                + " WHERE false) AS e)";
    }
}
