package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The part of a refresh statement that changes the stored rows.
///
/// It starts from a common table expression `changed` with one row for each stored row to delete,
/// update or insert: `__pgt_tid` (the stored row, NULL for a new one), `__pgt_live` (whether a row
/// remains), `__pgt_row_id`, the new values by name and the old ones as `__pgt_o<n>`. The statement
/// returns one row: inserted, updated, deleted, and `broken`, the number of stored rows that should
/// have been there and were not.
final class ApplySql {
    private final Storage storage;
    private final String table;
    private final Optional<OutputBuffer> buffer;

    ApplySql(Storage storage, String table, Optional<OutputBuffer> buffer) {
        this.storage = storage;
        this.table = table;
        this.buffer = buffer;
    }

    /// Assembles the statement from the expressions that lead to `changed` and the count of what is
    /// broken.
    String statement(List<String> expressions, String broken) {
        List<String> all = new ArrayList<>(expressions);
        all.add(
                "deleted AS (DELETE FROM "
                        + table
                        + " AS s WHERE "
                        + among("NOT x.__pgt_live")
                        + " RETURNING 1)");
        all.add(
                "updated AS (UPDATE "
                        + table
                        + " AS s SET "
                        + assignments()
                        + " FROM changed AS x WHERE s.ctid = x.__pgt_tid AND x.__pgt_live AND "
                        + among("x.__pgt_live")
                        + " AND NOT "
                        + storage.sameImage("s", "x")
                        + " RETURNING 1)");
        all.add(
                "inserted AS (INSERT INTO "
                        + table
                        + " ("
                        + Storage.ROW_ID
                        + ", "
                        + storage.list()
                        + ") SELECT x."
                        + Storage.ROW_ID
                        + ", "
                        + storage.list("x")
                        + " FROM changed AS x WHERE x.__pgt_tid IS NULL AND"
                        + " x.__pgt_live RETURNING 1)");
        buffer.ifPresent(it -> all.add("captured AS (" + it.write(storage) + ")"));
        return "WITH "
                + String.join(",\n", all)
                + "\nSELECT (SELECT count(*) FROM inserted) AS inserted,"
                + " (SELECT count(*) FROM updated) AS updated, (SELECT count(*) FROM deleted) AS deleted, "
                + broken
                + " AS broken";
    }

    /// The stored rows that `changed` names, by an array of their addresses: whatever the planner
    /// expects, it reads just these.
    private static String among(String condition) {
        return "s.ctid = ANY (ARRAY(SELECT x.__pgt_tid FROM changed AS x WHERE x.__pgt_tid IS NOT NULL AND "
                + condition
                + "))";
    }

    private String assignments() {
        return storage.columns().stream()
                .map(column -> column.quoted() + " = x." + column.quoted())
                .collect(Collectors.joining(", "));
    }

    /// The old value of every stored column of `alias`, as `changed` names them.
    String oldValues(String alias) {
        return storage.columns().stream()
                .map(column ->
                        alias
                                + "."
                                + column.quoted()
                                + " AS "
                                + OutputBuffer.oldName(storage, column.name()))
                .collect(Collectors.joining(", "));
    }

    /// The statement that applies a Z-set of stored rows: `select` gives the stored columns by name
    /// and a weight.
    ///
    /// Each row image with a negative weight removes that many stored copies, each with a positive
    /// one adds that many. A removed and an added row that share an access path become an UPDATE;
    /// which ones pair up does not matter for the result.
    String weighted(List<String> before, String select) {
        List<String> all = new ArrayList<>(before);
        String numbered = "row_number() OVER (PARTITION BY " + Storage.ROW_ID + ") AS __pgt_j";
        all.add(
                "net AS (SELECT row_number() OVER () AS __pgt_n, "
                        + storage.rowId("d")
                        + " AS "
                        + Storage.ROW_ID
                        + ", d.* FROM (SELECT "
                        + Expressions.imageColumns(storage.asColumns())
                        + ", sum("
                        + WEIGHT
                        + ") AS "
                        + WEIGHT
                        + " FROM ("
                        + select
                        + ") AS i GROUP BY "
                        + Expressions.imageKey(storage.asColumns())
                        + " HAVING sum("
                        + WEIGHT
                        + ") <> 0) AS d)");
        all.add(
                "leaving AS (SELECT v.*, "
                        + numbered
                        + " FROM (SELECT d.*, s.ctid AS __pgt_tid, row_number() OVER"
                        + " (PARTITION BY d.__pgt_n) AS __pgt_i FROM net AS d JOIN "
                        + table
                        + " AS s ON s."
                        + Storage.ROW_ID
                        + " = d."
                        + Storage.ROW_ID
                        + " AND "
                        + storage.sameImage("s", "d")
                        + " WHERE d."
                        + WEIGHT
                        + " < 0) AS v WHERE __pgt_i <= -"
                        + WEIGHT
                        + ")");
        all.add(
                "arriving AS (SELECT d.*, "
                        + numbered
                        + " FROM net AS d CROSS JOIN LATERAL generate_series(1, d."
                        + WEIGHT
                        + ") WHERE d."
                        + WEIGHT
                        + " > 0)");
        all.add(
                "changed AS (SELECT l.__pgt_tid, a.__pgt_n IS NOT NULL AS __pgt_live, coalesce(a."
                        + Storage.ROW_ID
                        + ", l."
                        + Storage.ROW_ID
                        + ") AS "
                        + Storage.ROW_ID
                        + ", "
                        + storage.list("a")
                        + ", "
                        + oldValues("l")
                        + " FROM arriving AS a FULL JOIN leaving AS l ON a."
                        + Storage.ROW_ID
                        + " = l."
                        + Storage.ROW_ID
                        + " AND a.__pgt_j = l.__pgt_j)");
        String expected =
                "coalesce((SELECT -sum(" + WEIGHT + ") FROM net WHERE " + WEIGHT + " < 0), 0)";
        return statement(all, "CAST(" + expected + " - (SELECT count(*) FROM leaving) AS bigint)");
    }
}
