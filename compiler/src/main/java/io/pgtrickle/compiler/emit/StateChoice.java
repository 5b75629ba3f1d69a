package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Chooses which inner results are kept in state tables: all groupings and recursions, and what a
/// LIMIT over everything takes its rows from unless that is read from a table anyway. Recomputing
/// them would read all rows of the touched groups twice, and all rows where somebody asks for them
/// by anything but their keys; their state is changed by as much as their input changes.
final class StateChoice {
    private int next = 1;

    private StateChoice() {}

    /// The plan with those results marked as stored, inner ones numbered first.
    static Plan apply(Plan plan) {
        return new StateChoice().mark(plan);
    }

    private Plan mark(Plan plan) {
        List<Plan> inputs = new ArrayList<>();
        plan.children().forEach(child -> inputs.add(mark(child)));
        Plan marked = plan.over(inputs);
        if (!rounds(marked).isEmpty()) {
            return marked;
        }
        return switch (marked) {
            case Plan.Aggregate _, Plan.Recursive _ -> new Plan.Stored(next++, marked);
            case Plan.Distinct distinct -> new Plan.Stored(next++, distinct.asAggregate());
            case Plan.Limit limit
                    when limit.partition().isEmpty()
                            && computed(limit.input())
                            && storable(limit) ->
                    limit.over(List.of(new Plan.Stored(next++, limit.input())));
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    marked;
        };
    }

    /// The recursions whose round a plan reads: its result is another one in each.
    private static Set<Integer> rounds(Plan plan) {
        Set<Integer> rounds = new HashSet<>();
        if (plan instanceof Plan.Working working) {
            rounds.add(working.number());
        }
        plan.children().forEach(child -> rounds.addAll(rounds(child)));
        if (plan instanceof Plan.Recursive recursive) {
            rounds.remove(recursive.number());
        }
        return rounds;
    }

    /// Whether the rows of a plan are found by more than reading tables.
    private static boolean computed(Plan plan) {
        return switch (plan) {
            case Plan.Scan _, Plan.Constant _, Plan.Stored _ -> false;
            case Plan.Filter _, Plan.Project _, Plan.UnionAll _ ->
                    plan.children().stream().anyMatch(StateChoice::computed);
            case Plan.Expand _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _ ->
                    true;
        };
    }

    /// Whether a table can have the columns: not those of a row type without a name.
    private static boolean storable(Plan plan) {
        return plan.output().stream()
                .noneMatch(column -> column.type().sqlName().startsWith("record"));
    }
}
