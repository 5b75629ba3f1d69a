package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One state table in a refresh statement: the common table expressions that bring it up to date,
/// and its change and its new state for those who read them in the same statement.
///
/// @param stored what is kept
/// @param storage its columns
/// @param table the state table
/// @param prefix of the names of its expressions
/// @param expressions in order; the last ones change the table
/// @param broken an SQL expression that counts stored rows that do not match the change
record StateSql(
        Plan.Stored stored,
        Storage storage,
        String table,
        String prefix,
        List<String> expressions,
        String broken) {

    /// The maintenance of a stored result.
    ///
    /// @param inputChanges a SELECT for the change of each input of an aggregate; of anything else,
    ///   one for its own change
    static StateSql of(
            Plan.Stored stored, StateTables states, PlanSql now, List<String> inputChanges) {
        String table = states.table(stored.number());
        String prefix = prefix(stored);
        return switch (stored.operator()) {
            case Plan.Aggregate aggregate -> {
                GroupedState state = GroupedState.of(aggregate);
                ApplySql apply =
                        new ApplySql(
                                state.storage(), Target.plain(table), Optional.empty(), prefix);
                List<String> all =
                        new ArrayList<>(state.expressions(inputChanges.getFirst(), now, apply));
                all.addAll(apply.modifications());
                yield new StateSql(
                        stored, state.storage(), table, prefix, all, state.broken(prefix));
            }
            case Plan operator ->
                    rows(stored, rowStorage(operator), table, prefix, inputChanges.getFirst());
        };
    }

    /// Rows that are kept as they are; `change` is a SELECT of them with a weight.
    private static StateSql rows(
            Plan.Stored stored, Storage storage, String table, String prefix, String change) {
        ApplySql apply = new ApplySql(storage, Target.plain(table), Optional.empty(), prefix);
        List<String> all = new ArrayList<>(apply.netExpressions(change));
        all.addAll(apply.modifications());
        return new StateSql(stored, storage, table, prefix, all, apply.missing());
    }

    /// The prefix of the names of all expressions that maintain a stored result.
    static String prefix(Plan.Stored stored) {
        return "s" + stored.number() + "_";
    }

    /// The columns of a stored result's table.
    static Storage storage(Plan operator) {
        return operator instanceof Plan.Aggregate aggregate
                ? GroupedState.of(aggregate).storage()
                : rowStorage(operator);
    }

    /// A SELECT of all stored columns, computed afresh.
    static String fresh(Plan operator, PlanSql sql) {
        return operator instanceof Plan.Aggregate aggregate
                ? GroupedState.of(aggregate).fresh(sql)
                : sql.select(operator);
    }

    private static Storage rowStorage(Plan operator) {
        List<StoredColumn> columns =
                operator.output().stream()
                        .map(column -> StoredColumn.result(column.name(), column.type()))
                        .toList();
        return new Storage(columns, columns);
    }

    /// A SELECT of a stored result as the table has it.
    static String stored(Plan.Stored stored, StateTables states) {
        return "SELECT "
                + Expressions.list("s", stored.output())
                + " FROM "
                + states.table(stored.number())
                + " AS s";
    }

    /// A SELECT of the new state: the stored rows that do not change, and the changed ones. The
    /// anti-join stands over both, since PostgreSQL moves conditions, joins and orders down to the
    /// indexes of an arm of a UNION ALL only when the arm is a plain table. `NOT IN` would be as
    /// good until it outgrows a hash of `work_mem`, and then look at all changes for each row.
    String current() {
        String columns = Expressions.list("s", stored.output());
        String targets = columns.isEmpty() ? "" : columns + ", ";
        return "SELECT "
                + columns
                + " FROM (SELECT "
                + targets
                + "s.ctid AS __pgt_at FROM "
                + table
                + " AS s UNION ALL SELECT "
                + targets
                + "CAST(NULL AS tid) FROM "
                + prefix
                + "changed AS s WHERE s.__pgt_live) AS s WHERE NOT EXISTS (SELECT FROM "
                + prefix
                + "changed AS x WHERE x.__pgt_tid = s.__pgt_at)";
    }

    /// A SELECT of the change, with its weight.
    String change() {
        List<String> before = new ArrayList<>();
        List<String> after = new ArrayList<>();
        List<String> olds = new ArrayList<>();
        List<String> news = new ArrayList<>();
        for (Column column : stored.output()) {
            String name = Identifier.quote(column.name());
            String old = "x." + OutputBuffer.oldName(storage, column.name());
            olds.add(old);
            news.add("x." + name);
            before.add(old + " AS " + name);
            after.add("x." + name);
        }
        before.add("-1 AS " + WEIGHT);
        after.add("1");
        String differs =
                " AND NOT (x.__pgt_live AND x.__pgt_tid IS NOT NULL AND record_image_eq(ROW("
                        + String.join(", ", olds)
                        + "), ROW("
                        + String.join(", ", news)
                        + ")))";
        return "SELECT "
                + String.join(", ", before)
                + " FROM "
                + prefix
                + "changed AS x WHERE x.__pgt_tid IS NOT NULL"
                + differs
                + "\n  UNION ALL SELECT "
                + String.join(", ", after)
                + " FROM "
                + prefix
                + "changed AS x WHERE x.__pgt_live"
                + differs;
    }
}
