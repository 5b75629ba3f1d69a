package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.stream.Collectors;

/// A plan as a short text for messages.
final class PlanText {
    private PlanText() {}

    static String of(Plan plan) {
        String inputs =
                plan.children().stream()
                        .map(PlanText::of)
                        .collect(Collectors.joining(", ", "(", ")"));
        return switch (plan) {
            case Plan.Scan(var relation, var output, var sources) ->
                    relation.name()
                            + names(sources.stream().map(it -> it.name()).toList())
                            + "->"
                            + names(output.stream().map(it -> it.name()).toList());
            case Plan.Constant(var assignments) -> "constant" + assignments(assignments);
            case Plan.Filter(_, var predicate) -> "filter[" + of(predicate) + "]" + inputs;
            case Plan.Project(_, var assignments) -> "project" + assignments(assignments) + inputs;
            case Plan.UnionAll _ -> "union" + names(plan.outputNames()) + inputs;
            case Plan.Join(var kind, _, _, var condition) ->
                    kind + "[" + of(condition) + "]" + inputs;
            case Plan.Aggregate(_, var keys, var calls) ->
                    "aggregate"
                            + names(keys.stream().map(it -> it.name()).toList())
                            + names(calls.stream().map(PlanText::of).toList())
                            + inputs;
            case Plan.Distinct _ -> "distinct" + inputs;
            case Plan.Expand(_, var kind, var item, var columns, var condition) ->
                    kind
                            + " expand["
                            + of(item)
                            + " AS "
                            + columns(columns)
                            + " ON "
                            + of(condition)
                            + "]"
                            + inputs;
            case Plan.Window(_, var partition, var order, var frame, var calls) ->
                    "window"
                            + columns(partition)
                            + order(order)
                            + frame.map(PlanText::of).orElse("")
                            + assignments(calls)
                            + inputs;
            case Plan.Limit(_, var partition, var order, var count, var offset, var ties) ->
                    "limit"
                            + columns(partition)
                            + order(order)
                            + count.map(it -> " count " + of(it)).orElse("")
                            + offset.map(it -> " offset " + of(it)).orElse("")
                            + (ties ? " with ties" : "")
                            + inputs;
            case Plan.Recursive(var number, _, _, var distinct, var output) ->
                    "recursion "
                            + number
                            + (distinct ? " distinct" : " all")
                            + columns(output)
                            + inputs;
            case Plan.Working(var number, var output, var positions) ->
                    "working " + number + positions + "->" + columns(output);
            case Plan.Stored(var number, _) -> "stored " + number + inputs;
        };
    }

    private static String columns(List<Column> columns) {
        return names(columns.stream().map(Column::name).toList());
    }

    private static String order(List<Plan.SortKey> order) {
        return names(
                order.stream()
                        .map(key -> (key.column().name() + " " + key.direction()).strip())
                        .toList());
    }

    private static String of(Plan.AggregateCall call) {
        return call.result().name()
                + "="
                + call.function()
                + call.argument().map(it -> " " + it.name()).orElse("")
                + call.text().map(it -> " " + of(it)).orElse("")
                + call.filter().map(it -> " FILTER " + it.name()).orElse("");
    }

    private static String of(Expr expr) {
        return switch (expr) {
            case Expr.Ref(String column) -> column;
            case Expr.Template(List<String> texts, List<Expr> arguments) -> {
                StringBuilder text = new StringBuilder(texts.getFirst());
                for (int i = 0; i < arguments.size(); i++) {
                    Expr argument = arguments.get(i);
                    String shown = of(argument);
                    text.append(argument instanceof Expr.Ref ? shown : "(" + shown + ")")
                            .append(texts.get(i + 1));
                }
                yield text.toString();
            }
        };
    }

    private static String assignments(List<Plan.Assignment> assignments) {
        return names(
                assignments.stream()
                        .map(it -> it.column().name() + "=" + of(it.expression()))
                        .toList());
    }

    private static String names(List<String> names) {
        return names.stream().collect(Collectors.joining(", ", "[", "]"));
    }
}
