package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/// Whether a plan only uses columns that are there, and is distinct over some column.
final class WellFormed {
    private WellFormed() {}

    static boolean isWellFormed(Plan plan) {
        return plan.children().stream().allMatch(WellFormed::isWellFormed) && usesWhatIsThere(plan);
    }

    private static boolean usesWhatIsThere(Plan plan) {
        List<Column> input =
                plan.children().stream().flatMap(child -> child.output().stream()).toList();
        return switch (plan) {
            case Plan.Scan _, Plan.Constant _ -> true;
            case Plan.Distinct _ -> !input.isEmpty();
            case Plan.Filter(_, var predicate) -> has(input, predicate.columns().stream());
            case Plan.Project(_, var assignments) ->
                    has(
                            input,
                            assignments.stream().flatMap(it -> it.expression().columns().stream()));
            case Plan.UnionAll(var branches, var output) ->
                    branches.stream().allMatch(branch -> branch.output().size() == output.size());
            case Plan.Join(_, _, _, var condition) -> has(input, condition.columns().stream());
            case Plan.Aggregate(_, var keys, var calls) -> {
                Stream<Column> used =
                        calls.stream()
                                .flatMap(call ->
                                        Stream.concat(
                                                call.argument().stream(), call.filter().stream()));
                yield has(input, Stream.concat(keys.stream(), used).map(Column::name));
            }
        };
    }

    private static boolean has(List<Column> input, Stream<String> names) {
        return new HashSet<>(input.stream().map(Column::name).toList()).containsAll(names.toList());
    }
}
