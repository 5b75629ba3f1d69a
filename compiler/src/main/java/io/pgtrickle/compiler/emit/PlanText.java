package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// An operator tree for people: one operator a line, indented, with its strategy in brackets.
public final class PlanText {
    private final Map<String, String> strategies;
    private final StringBuilder text = new StringBuilder();

    private PlanText(Map<String, String> strategies) {
        this.strategies = strategies;
    }

    /// Prints a plan; `strategies` names the strategy of each aggregate whose state is stored.
    public static String print(Plan plan, Map<String, String> strategies) {
        PlanText printer = new PlanText(strategies);
        printer.print(plan, 0);
        return printer.text.toString().stripTrailing();
    }

    private void print(Plan plan, int depth) {
        text.append("  ".repeat(depth)).append(describe(plan)).append('\n');
        plan.children().forEach(child -> print(child, depth + 1));
    }

    /// One operator without those below it.
    static String line(Plan plan) {
        return new PlanText(Map.of()).describe(plan);
    }

    private String describe(Plan plan) {
        return switch (plan) {
            case Plan.Scan scan ->
                    "Scan "
                            + scan.relation().displayName()
                            + " ("
                            + names(scan.output())
                            + ") [pending changes]";
            case Plan.Constant _ -> "Constant [never changes]";
            case Plan.Filter filter ->
                    "Filter " + Expressions.render(filter.predicate()) + " [linear]";
            case Plan.Project project ->
                    "Project " + PlanSql.assignments(project.assignments()) + " [linear]";
            case Plan.UnionAll union -> "UnionAll (" + names(union.output()) + ") [linear]";
            case Plan.Expand expand ->
                    "Expand by "
                            + Expressions.render(expand.item())
                            + " ("
                            + names(expand.columns())
                            + ") [linear]";
            case Plan.Join join ->
                    join.kind().name().charAt(0)
                            + join.kind().name().substring(1).toLowerCase(Locale.ROOT)
                            + "Join on "
                            + Expressions.render(join.condition())
                            + " ["
                            + switch (join.kind()) {
                                case INNER -> "bilinear";
                                case LEFT, FULL -> "bilinear, match counts";
                                case SEMI, ANTI -> "match counts";
                            }
                            + "]";
            case Plan.Aggregate aggregate ->
                    "Aggregate by ("
                            + names(aggregate.keys())
                            + ") computing ("
                            + calls(aggregate.calls())
                            + ")"
                            + (aggregate.calls().stream().allMatch(it -> stored(it))
                                            && (!aggregate.calls().isEmpty()
                                                    || !strategies.isEmpty())
                                    ? " [state in the stream table]"
                                    : " [affected groups recomputed]");
            case Plan.Distinct distinct ->
                    "Distinct (" + names(distinct.output()) + ") [row counts]";
            case Plan.Window window ->
                    "Window by ("
                            + names(window.partition())
                            + ") computing ("
                            + PlanSql.assignments(window.calls())
                            + ") [affected partitions recomputed]";
            case Plan.Limit limit ->
                    "Limit by ("
                            + names(limit.partition())
                            + ") to "
                            + limit.count().map(Expressions::render).orElse("all")
                            + (limit.partition().isEmpty()
                                    ? " [its front read anew]"
                                    : " [affected keys recomputed]");
            case Plan.Recursive recursive ->
                    "Recursive "
                            + (recursive.distinct() ? "UNION" : "UNION ALL")
                            + " ("
                            + names(recursive.output())
                            + ") ["
                            + switch (RecursionSql.strategy(recursive)) {
                                case REDERIVED -> "semi-naive, deleted and rederived";
                                case RECOMPUTED -> "recomputed and compared";
                            }
                            + "]";
            case Plan.Working working -> "Working rows (" + names(working.output()) + ")";
            case Plan.Stored stored ->
                    "Stored in state table "
                            + stored.number()
                            + " [read as a whole or by key, not recomputed]";
        };
    }

    private boolean stored(Plan.AggregateCall call) {
        return strategies.containsKey(call.result().name());
    }

    private String calls(List<Plan.AggregateCall> calls) {
        return calls.stream()
                .map(call ->
                        PlanSql.call(call)
                                + (stored(call) ? " " + strategies.get(call.result().name()) : ""))
                .collect(Collectors.joining(", "));
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }
}
