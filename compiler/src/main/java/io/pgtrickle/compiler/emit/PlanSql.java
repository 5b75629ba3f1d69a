package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A plan as a SELECT over the current state of its relations.
///
/// The columns of the SELECT are the plan's output columns by name. Results are functions of the
/// multisets below: the representative of equal keys and the order of floating-point sums are
/// fixed.
public final class PlanSql {
    private PlanSql() {}

    /// Whether a SELECT is to be executed, or only described before all types are known. What
    /// depends on types does not change them, so a description is the same without.
    private enum Purpose {
        EXECUTE,
        DESCRIBE
    }

    /// The SELECT that computes `plan`.
    public static String select(Plan plan) {
        return select(plan, Purpose.EXECUTE);
    }

    /// A SELECT with the columns and types of `plan`; its text does not depend on the types in the
    /// plan.
    public static String describable(Plan plan) {
        return select(plan, Purpose.DESCRIBE);
    }

    private static String select(Plan plan, Purpose purpose) {
        return switch (plan) {
            case Plan.Scan scan -> scan(scan);
            case Plan.Constant constant -> "SELECT " + assignments(constant.assignments());
            case Plan.Filter filter ->
                    "SELECT "
                            + columns(filter.output())
                            + " FROM "
                            + from(filter.input(), "i", purpose)
                            + " WHERE "
                            + Expressions.render(filter.predicate());
            case Plan.Project project ->
                    "SELECT "
                            + assignments(project.assignments())
                            + " FROM "
                            + from(project.input(), "i", purpose);
            case Plan.UnionAll union ->
                    union.branches().stream()
                            .map(branch -> branch(branch, union.output(), purpose))
                            .collect(Collectors.joining(" UNION ALL "));
            case Plan.Join join ->
                    "SELECT "
                            + columns(join.output())
                            + " FROM "
                            + from(join.left(), "l", purpose)
                            + " "
                            + join.kind().name()
                            + " JOIN "
                            + from(join.right(), "r", purpose)
                            + " ON "
                            + Expressions.render(join.condition());
            case Plan.Aggregate aggregate ->
                    aggregate(aggregate, from(aggregate.input(), "i", purpose), purpose);
            case Plan.Distinct distinct ->
                    aggregate(
                            distinct.asAggregate(), from(distinct.input(), "i", purpose), purpose);
        };
    }

    /// `(SELECT ...) AS alias`.
    static String from(Plan plan, String alias) {
        return from(plan, alias, Purpose.EXECUTE);
    }

    private static String from(Plan plan, String alias, Purpose purpose) {
        return "(" + select(plan, purpose) + ") AS " + alias;
    }

    /// The aggregate over a FROM item that has the columns of its input.
    static String aggregate(Plan.Aggregate aggregate, String from) {
        return aggregate(aggregate, from, Purpose.EXECUTE);
    }

    private static String aggregate(Plan.Aggregate aggregate, String from, Purpose purpose) {
        List<String> targets = new ArrayList<>();
        aggregate
                .keys()
                .forEach(key ->
                        targets.add(
                                switch (purpose) {
                                    case EXECUTE -> Expressions.keyRepresentative(key);
                                    case DESCRIBE -> Identifier.quote(key.name());
                                }));
        aggregate
                .calls()
                .forEach(call ->
                        targets.add(call(call) + " AS " + Identifier.quote(call.result().name())));
        String grouping =
                aggregate.global() ? "" : " GROUP BY " + Expressions.list("i", aggregate.keys());
        return "SELECT " + String.join(", ", targets) + " FROM " + from + grouping;
    }

    /// An aggregate call as SQL.
    static String call(Plan.AggregateCall call) {
        String filter =
                call.filter()
                        .map(column -> " FILTER (WHERE " + Identifier.quote(column.name()) + ")")
                        .orElse("");
        return switch (call.function()) {
            case COUNT_ROWS -> "count(*)" + filter;
            case COUNT -> "count(" + argument(call) + ")" + filter;
            case SUM -> "sum(" + ordered(call) + ")" + filter;
            case AVG -> "avg(" + ordered(call) + ")" + filter;
            case MIN -> "min(" + argument(call) + ")" + filter;
            case MAX -> "max(" + argument(call) + ")" + filter;
        };
    }

    private static String ordered(Plan.AggregateCall call) {
        String argument = argument(call);
        boolean floating =
                call.argument()
                        .map(column -> column.type().arithmetic() == Arithmetic.FLOATING)
                        .orElse(false);
        return floating ? argument + " ORDER BY " + argument : argument;
    }

    /// The aggregated column.
    static String argument(Plan.AggregateCall call) {
        return Identifier.quote(call.argument().orElseThrow().name());
    }

    private static String scan(Plan.Scan scan) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < scan.output().size(); i++) {
            targets.add(
                    "b."
                            + Identifier.quote(scan.sources().get(i).name())
                            + " AS "
                            + Identifier.quote(scan.output().get(i).name()));
        }
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + Identifier.quote(scan.relation().schema(), scan.relation().name())
                + " AS b";
    }

    private static String branch(Plan branch, List<Column> output, Purpose purpose) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < output.size(); i++) {
            Column column = branch.output().get(i);
            targets.add(
                    switch (purpose) {
                        case EXECUTE -> Expressions.converted("i", column, output.get(i));
                        case DESCRIBE ->
                                "i."
                                        + Identifier.quote(column.name())
                                        + " AS "
                                        + Identifier.quote(output.get(i).name());
                    });
        }
        return "SELECT " + String.join(", ", targets) + " FROM " + from(branch, "i", purpose);
    }

    /// Assignments as a select list.
    static String assignments(List<Plan.Assignment> assignments) {
        return assignments.stream()
                .map(it ->
                        Expressions.render(it.expression())
                                + " AS "
                                + Identifier.quote(it.column().name()))
                .collect(Collectors.joining(", "));
    }

    private static String columns(List<Column> columns) {
        return Expressions.list(columns);
    }
}
