package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.delta.Differentiator;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// A query over one table of which each row gives rows of its own, whatever others there are. They
/// are stored as they are, or in groups.
///
/// Applying a change of the table reads no other stored rows than those that it touches, and of the
/// table only rows that belong to these.
///
/// @param plan whose rows those are
/// @param columns the stored columns that decide which stored row is touched, over the rows `d` of
///   the plan
/// @param storage of the stream table
/// @param groups in what they are stored; empty when they are stored as they are
record RowByRow(Plan plan, String columns, Storage storage, Optional<GroupedState> groups) {
    static Optional<RowByRow> of(
            Plan plan, String columns, Storage storage, Optional<GroupedState> groups) {
        return isRowByRow(plan)
                ? Optional.of(new RowByRow(plan, columns, storage, groups))
                : Optional.empty();
    }

    private static boolean isRowByRow(Plan plan) {
        return switch (plan) {
            case Plan.Scan _ -> true;
            case Plan.Filter _, Plan.Project _, Plan.Expand _ ->
                    plan.children().stream().allMatch(RowByRow::isRowByRow);
            case Plan.Constant _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.UnionAll _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    false;
        };
    }

    /// A SELECT of the access paths, as `__pgt_row_id`, of all stored rows that the pending changes
    /// can touch; empty where there is one group for everything.
    Optional<String> touched(ChangeWindow window, PendingChanges pending) {
        if (groups.filter(GroupedState::global).isPresent()) {
            return Optional.empty();
        }
        Change change = change(window, pending);
        return Optional.of(
                "WITH "
                        + String.join(",\n", change.expressions())
                        + "\nSELECT "
                        + storage.rowId("f")
                        + " AS "
                        + Storage.ROW_ID
                        + " FROM (SELECT "
                        + columns
                        + " FROM ("
                        + change.select()
                        + ") AS d) AS f");
    }

    /// Whether what is stored are groups that can ever be continued from their state.
    boolean continues() {
        return groups.filter(GroupedState::continues).isPresent();
    }

    /// A statement that applies the pending changes where they touch one stored group that remains
    /// and is continued from its state, and else changes nothing. It costs less than half of the
    /// one that can do everything. Empty where no group is continued.
    Optional<String> continuation(Target table, ChangeWindow window, PendingChanges pending) {
        Change change = change(window, pending);
        ApplySql apply = new ApplySql(storage, table, Optional.empty(), "");
        return groups.filter(GroupedState::continues)
                .map(it ->
                        it.continuation(
                                change.expressions(), change.select(), isSingle(window), apply));
    }

    /// The condition that no row of the plan comes or goes.
    String unchanged(ChangeWindow window, PendingChanges pending) {
        Change change = change(window, pending);
        return "NOT EXISTS (WITH "
                + String.join(",\n", change.expressions())
                + "\nSELECT FROM ("
                + change.select()
                + ") AS d)";
    }

    /// Whether no more than one row of the plan comes or goes.
    private boolean isSingle(ChangeWindow window) {
        return window instanceof ChangeWindow.Written(var _, boolean removed, boolean added)
                && removed != added
                && plan.operators().noneMatch(Plan.Expand.class::isInstance);
    }

    /// A change of the plan's rows as a SELECT and what it needs.
    private record Change(List<String> expressions, String select) {}

    private Change change(ChangeWindow window, PendingChanges pending) {
        DeltaSql.Rendered rendered =
                DeltaSql.render(
                        Differentiator.differentiate(plan, Set.of(pending.relation())),
                        new StateTables(0));
        SortedMap<Integer, String> columns = new TreeMap<>();
        plan.scans()
                .flatMap(scan -> scan.sources().stream())
                .forEach(column -> columns.put(column.number(), column.definition()));
        List<String> expressions = new ArrayList<>(pending.expressions(window, columns));
        expressions.addAll(rendered.expressions());
        return new Change(expressions, rendered.select());
    }
}
