package io.pgtrickle.compiler.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;

/// The pending changes of one source: how many there are and which columns are read.
///
/// @param relation the source's OID
/// @param capture the change buffer
/// @param table what the buffer is read through, quoted
/// @param batches an upper bound of the buffer rows that are pending
/// @param rows an upper bound of the changed rows in them
/// @param applied what the refreshing transaction has applied of its own changes
/// @param bound whether more can have become pending since they were counted
public record PendingChanges(
        long relation,
        CaptureSql capture,
        String table,
        long batches,
        long rows,
        Optional<Applied> applied,
        Bound bound) {

    /// The changes that a transaction has applied itself and no snapshot sees.
    ///
    /// @param xid the transaction, an SQL expression of type `xid8`
    /// @param change the highest change, an SQL expression of type `bigint`; NULL for none
    public record Applied(String xid, String change) {
        /// Known ones.
        public Applied(long xid, long change) {
            this("'" + xid + "'::xid8", Long.toString(change));
        }
    }

    /// What is known of the numbers.
    public enum Bound {
        /// The statement has the snapshot of the counting.
        CERTAIN,
        /// The statement has a later snapshot, and must look.
        EXPECTED
    }

    /// The pending changes with their numbers rounded up to powers of four, so that refreshes of
    /// about the same size are the same statement, which is planned once.
    public static PendingChanges rounded(
            long relation,
            CaptureSql capture,
            long batches,
            long rows,
            Optional<Applied> applied,
            Bound bound) {
        return new PendingChanges(
                relation,
                capture,
                capture.buffer(),
                roundUp(batches),
                roundUp(rows),
                applied,
                bound);
    }

    /// The same, read by the owner of the stream table.
    public PendingChanges openly() {
        return new PendingChanges(
                relation, capture, capture.openBuffer(), batches, rows, applied, bound);
    }

    /// The same, where what is applied is found elsewhere.
    public PendingChanges after(Applied other) {
        return new PendingChanges(
                relation, capture, table, batches, rows, Optional.of(other), bound);
    }

    /// Whether nothing is pending, so that the source is left out of the statement.
    public boolean isQuiet() {
        return batches == 0;
    }

    private long batchLimit() {
        return bound == Bound.CERTAIN ? batches : 4 * batches + 64;
    }

    private long rowLimit() {
        return bound == Bound.CERTAIN ? rows : 4 * rows + 4096;
    }

    /// Given rows are as good as always a single one, and a limit that the planner cannot read
    /// means a tenth to it.
    private String limit(ChangeWindow window) {
        return window instanceof ChangeWindow.Given
                ? "(SELECT " + rowLimit() + ")"
                : Long.toString(rowLimit());
    }

    /// The condition that the statement sees more than it has read, or a truncation.
    String outgrown(ChangeWindow window) {
        String seen = "EXISTS (SELECT FROM " + table + " AS b WHERE " + pending(window);
        return isQuiet()
                ? seen + ")"
                : "(SELECT count(*) FROM batch_"
                        + relation
                        + ") >= "
                        + batchLimit()
                        + " OR (SELECT count(*) FROM "
                        + name(relation)
                        + ") >= "
                        + rowLimit()
                        + " OR "
                        + seen
                        + " AND b.truncated)";
    }

    private String pending(ChangeWindow window) {
        String condition = window.condition("b");
        return applied.map(it ->
                        condition
                                + " AND (b.xid = "
                                + it.xid()
                                + " AND b.change_id <= "
                                + it.change()
                                + ") IS NOT TRUE")
                .orElse(condition);
    }

    private static long roundUp(long count) {
        long bound = Math.min(count, 1);
        while (bound < count) {
            bound *= 4;
        }
        return bound;
    }

    /// The name under which a refresh statement reads the pending changes.
    static String name(long relation) {
        return "pending_" + relation;
    }

    /// The column of a change buffer that holds the attribute `number`.
    public static String column(int number) {
        return "c" + number;
    }

    /// The common table expressions that read the pending changes as rows with weights.
    ///
    /// Rows are read in the pairs in which an UPDATE removed and added them, and a pair that is
    /// alike in the columns read here is left out: other columns of it changed, or other rows of
    /// its statement. Whatever is paired, a row removed and the same row added are nothing.
    ///
    /// The branch that is never executed and the limit tell the planner how many rows to expect,
    /// the middle of what was rounded up: it cannot know the lengths of the arrays, and a wrong
    /// guess makes it read whole tables for a few rows or loop over many.
    ///
    /// @param columns attribute numbers and their column definitions
    List<String> expressions(ChangeWindow window, SortedMap<Integer, String> columns) {
        return switch (window) {
            case ChangeWindow.Written written ->
                    List.of(name(relation) + " AS (" + written.rows(columns.keySet()) + ")");
            case ChangeWindow.Given(String removed, String added) ->
                    paired(
                            List.of(),
                            "unnest(" + removed + ") AS removed, unnest(" + added + ") AS added",
                            window,
                            columns);
            case ChangeWindow.Own _, ChangeWindow.Unapplied _ ->
                    paired(
                            List.of(
                                    "batch_"
                                            + relation
                                            + " AS MATERIALIZED (SELECT b.removed, b.added FROM "
                                            + table
                                            + " AS b WHERE "
                                            + pending(window)
                                            + " ORDER BY b.xid LIMIT "
                                            + batchLimit()
                                            + ")"),
                            "unnest(b.removed) AS removed, unnest(b.added) AS added FROM batch_"
                                    + relation
                                    + " AS b",
                            window,
                            columns);
        };
    }

    private List<String> paired(
            List<String> before,
            String unnested,
            ChangeWindow window,
            SortedMap<Integer, String> columns) {
        String pairs = "pairs_" + relation;
        String differ =
                columns.isEmpty()
                        ? ""
                        : " OR record_image_ne(ROW("
                                + attributes("x.removed", columns)
                                + "), ROW("
                                + attributes("x.added", columns)
                                + "))";
        List<String> expressions = new ArrayList<>(before);
        expressions.add(
                pairs
                        + " AS MATERIALIZED (SELECT x.removed, x.added FROM (SELECT "
                        + unnested
                        + ") AS x WHERE num_nulls(x.removed, x.added) = 1"
                        + differ
                        + ")");
        expressions.add(
                name(relation)
                        + " AS ("
                        + side(columns, pairs, "removed", -1)
                        + "\n  UNION ALL "
                        + side(columns, pairs, "added", 1)
                        + "\n  UNION ALL SELECT "
                        + listed(attributes("CAST(NULL AS " + capture.rowType() + ")", columns))
                        + "0 FROM generate_series(1, "
                        + Math.max(1, rows / 2)
                        + ") WHERE (SELECT false) LIMIT "
                        + limit(window)
                        + ")");
        return expressions;
    }

    /// IS DISTINCT FROM tells a missing row from a row of NULLs.
    private static String side(
            SortedMap<Integer, String> columns, String pairs, String side, int weight) {
        return "SELECT "
                + columns.keySet().stream()
                        .map(number ->
                                "(p." + side + ")." + column(number) + " AS " + column(number))
                        .map(item -> item + ", ")
                        .collect(Collectors.joining())
                + weight
                + " AS "
                + Expressions.WEIGHT
                + " FROM "
                + pairs
                + " AS p WHERE p."
                + side
                + " IS DISTINCT FROM NULL";
    }

    private static String attributes(String row, SortedMap<Integer, String> columns) {
        return columns.keySet().stream()
                .map(number -> "(" + row + ")." + column(number))
                .collect(Collectors.joining(", "));
    }

    private static String listed(String items) {
        return items.isEmpty() ? "" : items + ", ";
    }
}
