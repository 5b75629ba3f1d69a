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
        text.append("  ".repeat(depth)).append(line(plan)).append('\n');
        plan.children().forEach(child -> print(child, depth + 1));
    }

    private String line(Plan plan) {
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
            case Plan.Join join ->
                    join.kind().name().charAt(0)
                            + join.kind().name().substring(1).toLowerCase(Locale.ROOT)
                            + "Join on "
                            + Expressions.render(join.condition())
                            + " ["
                            + (join.kind() == Plan.Join.Kind.INNER
                                    ? "bilinear"
                                    : "bilinear, match counts")
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
