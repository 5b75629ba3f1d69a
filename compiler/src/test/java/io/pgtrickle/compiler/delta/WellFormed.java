package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Whether a plan only uses columns that are there, is distinct over some column, stores what can
/// be stored and reads the rows of a recursion within it.
final class WellFormed {
    private final Map<Integer, Integer> widths;

    private WellFormed(Map<Integer, Integer> widths) {
        this.widths = widths;
    }

    static boolean isWellFormed(Plan plan) {
        return !(plan instanceof Plan.Recursive) && new WellFormed(Map.of()).holds(plan);
    }

    private boolean holds(Plan plan) {
        boolean below =
                plan instanceof Plan.Recursive recursive
                        ? holds(recursive.base()) && within(recursive).holds(recursive.step())
                        : plan.children().stream().allMatch(this::holds);
        boolean recursionsAreStored =
                plan instanceof Plan.Stored
                        || plan.children().stream().noneMatch(Plan.Recursive.class::isInstance);
        return below && recursionsAreStored && usesWhatIsThere(plan);
    }

    private WellFormed within(Plan.Recursive recursive) {
        Map<Integer, Integer> inner = new HashMap<>(widths);
        inner.put(recursive.number(), recursive.output().size());
        return new WellFormed(inner);
    }

    private boolean usesWhatIsThere(Plan plan) {
        List<Column> input =
                plan.children().stream().flatMap(child -> child.output().stream()).toList();
        return switch (plan) {
            case Plan.Scan _, Plan.Constant _ -> true;
            case Plan.Distinct _ -> !input.isEmpty();
            case Plan.Filter(_, var predicate) -> has(input, predicate.columns().stream());
            case Plan.Project(_, var assignments) -> has(input, read(assignments));
            case Plan.UnionAll(var branches, var output) ->
                    branches.stream().allMatch(branch -> branch.output().size() == output.size());
            case Plan.Join(_, _, _, var condition) -> has(input, condition.columns().stream());
            case Plan.Aggregate(_, var keys, var calls) ->
                    has(
                            input,
                            Stream.concat(
                                    names(keys),
                                    calls.stream().flatMap(call -> call.columns().stream())));
            case Plan.Expand expand ->
                    has(input, expand.item().columns().stream())
                            && has(expand.output(), expand.condition().columns().stream());
            case Plan.Window(_, var partition, var order, _, var calls) ->
                    has(
                            input,
                            Stream.of(names(partition), sorted(order), read(calls))
                                    .flatMap(it -> it));
            case Plan.Limit(_, var partition, var order, _, _, _) ->
                    has(input, Stream.concat(names(partition), sorted(order)));
            case Plan.Recursive(_, var base, var step, _, var output) ->
                    base.output().size() == output.size() && step.output().size() == output.size();
            case Plan.Working(var number, _, var positions) -> {
                int width = widths.getOrDefault(number, 0);
                yield positions.stream().allMatch(position -> position < width);
            }
            case Plan.Stored(_, var operator) ->
                    operator instanceof Plan.Aggregate || operator instanceof Plan.Recursive;
        };
    }

    private static Stream<String> names(List<Column> columns) {
        return columns.stream().map(Column::name);
    }

    private static Stream<String> sorted(List<Plan.SortKey> order) {
        return order.stream().map(key -> key.column().name());
    }

    private static Stream<String> read(List<Plan.Assignment> assignments) {
        return assignments.stream().flatMap(it -> it.expression().columns().stream());
    }

    private static boolean has(List<Column> input, Stream<String> names) {
        return new HashSet<>(input.stream().map(Column::name).toList()).containsAll(names.toList());
    }
}
