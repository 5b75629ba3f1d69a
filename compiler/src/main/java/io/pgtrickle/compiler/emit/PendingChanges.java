package io.pgtrickle.compiler.emit;

import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/// The pending changes of one source: how many there are and which columns are read.
///
/// @param relation the source's OID
/// @param capture the change buffer
/// @param batches an upper bound of the buffer rows that are pending
/// @param rows an upper bound of the changed rows in them
public record PendingChanges(long relation, CaptureSql capture, long batches, long rows) {

    /// The pending changes with their numbers rounded up to powers of two, so that refreshes of
    /// about the same size are the same statement.
    public static PendingChanges rounded(
            long relation, CaptureSql capture, long batches, long rows) {
        return new PendingChanges(relation, capture, roundUp(batches), roundUp(rows));
    }

    private static long roundUp(long count) {
        return count <= 1 ? 1 : Long.highestOneBit(count - 1) << 1;
    }

    /// The name under which a refresh statement reads the pending changes.
    static String name(long relation) {
        return "pending_" + relation;
    }

    /// The column of a change buffer that holds the attribute `number`.
    public static String column(int number) {
        return "c" + number;
    }

    /// The condition for buffer rows that a stream table with this frontier has not applied. `xid
    /// > = xmin` is implied by it and there for the index.
    public static String condition(String alias, String frontier) {
        return alias
                + ".xid >= pg_snapshot_xmin("
                + frontier
                + ") AND NOT pg_visible_in_snapshot("
                + alias
                + ".xid, "
                + frontier
                + ")";
    }

    /// The common table expressions that read the pending changes as rows with weights.
    ///
    /// The branch that is never executed and the limit tell the planner how many rows to expect: it
    /// cannot know the lengths of the arrays, and a wrong guess makes it read whole tables for a
    /// few rows or loop over many.
    ///
    /// @param columns attribute numbers and their column definitions
    List<String> expressions(String frontier, SortedMap<Integer, String> columns) {
        String batch = "batch_" + relation;
        String names =
                columns.keySet().stream()
                        .map(number -> "u." + column(number))
                        .collect(Collectors.joining(", "));
        String nulls =
                columns.keySet().stream()
                        .map(number ->
                                "(CAST(NULL AS " + capture.rowType() + "))." + column(number))
                        .collect(Collectors.joining(", "));
        return List.of(
                batch
                        + " AS MATERIALIZED (SELECT b.removed, b.added FROM "
                        + capture.buffer()
                        + " AS b WHERE "
                        + condition("b", frontier)
                        + " ORDER BY b.xid LIMIT "
                        + batches
                        + ")",
                name(relation)
                        + " AS (SELECT "
                        + names
                        + ", -1 AS "
                        + Expressions.WEIGHT
                        + " FROM "
                        + batch
                        + " AS b CROSS JOIN LATERAL unnest(b.removed) AS u\n  UNION ALL SELECT "
                        + names
                        + ", 1 FROM "
                        + batch
                        + " AS b CROSS JOIN LATERAL unnest(b.added) AS u\n  UNION ALL SELECT "
                        + nulls
                        + ", 0 FROM generate_series(1, "
                        + rows
                        + ") WHERE (SELECT false) LIMIT "
                        + rows
                        + ")");
    }
}
