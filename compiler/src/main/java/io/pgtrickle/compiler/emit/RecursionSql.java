package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;

/// How the change of a stored recursion is found: a Z-set of stored rows.
final class RecursionSql {
    private RecursionSql() {}

    /// The ways to find it.
    enum Strategy {
        /// What the change of the inputs reaches is taken out, derived again and added to.
        REDERIVED,
        /// The recursion is evaluated again and compared with the stored rows.
        RECOMPUTED
    }

    /// Which way is taken. Rows must be hashed to be looked up.
    static Strategy strategy(Plan.Recursive recursive) {
        List<Column> columns = recursive.output();
        return RecursiveTerm.isLinear(recursive)
                        && !columns.isEmpty()
                        && columns.stream().allMatch(column -> column.type().hashable())
                ? Strategy.REDERIVED
                : Strategy.RECOMPUTED;
    }

    /// The recursion computed anew less the stored rows.
    static String recomputed(Plan.Recursive recursive, String table, PlanSql now) {
        String columns = Expressions.list(recursive.output());
        return "SELECT "
                + columns
                + ", 1 AS "
                + WEIGHT
                + " FROM ("
                + now.select(recursive)
                + ") AS f\n  UNION ALL SELECT "
                + columns
                + ", -1 FROM "
                + table;
    }
}
