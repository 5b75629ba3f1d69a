package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The part of a refresh statement that changes the stored rows.
///
/// It starts from a common table expression `changed` with one row for each stored row to delete,
/// update or insert: `__pgt_tid` (the stored row, NULL for a new one), `__pgt_live` (whether a row
/// remains), `__pgt_row_id`, the new values by name and the old ones that somebody reads as
/// `__pgt_o<n>`. The statement returns one row: inserted, updated, deleted, and `broken`, the
/// number of stored rows that should have been there and were not; at the end `reread`, the number
/// of stored rows that were computed from the sources, not from their state, changed or not.
final class ApplySql {
    private final Storage storage;
    private final Target target;
    private final Optional<OutputBuffer> buffer;
    private final String prefix;

    /// @param prefix of the names of all expressions
    ApplySql(Storage storage, Target target, Optional<OutputBuffer> buffer, String prefix) {
        this.storage = storage;
        this.target = target;
        this.buffer = buffer;
        this.prefix = prefix;
    }

    String named(String expression) {
        return prefix + expression;
    }

    /// Assembles the statement from the expressions that lead to `changed`, the counts of what is
    /// broken, the conditions that it has not seen everything, and the count of what was computed
    /// from the sources. It says at which snapshot it ran.
    String statement(
            List<String> expressions, List<String> broken, List<String> outgrown, String reread) {
        List<String> all = new ArrayList<>(expressions);
        all.addAll(modifications());
        return "WITH "
                + String.join(",\n", all)
                + "\nSELECT (SELECT count(*) FROM inserted) AS inserted,"
                + " (SELECT count(*) FROM updated) AS updated, (SELECT count(*) FROM deleted) AS deleted, "
                + "CAST("
                + String.join(" + ", broken)
                + " AS bigint) AS broken, pg_current_snapshot()::text AS snapshot, "
                + (outgrown.isEmpty() ? "false" : String.join(" OR ", outgrown))
                + " AS outgrown, "
                + reread
                + " AS reread";
    }

    /// The expressions that change the table as `changed` says.
    List<String> modifications() {
        List<String> all = new ArrayList<>();
        all.add(
                named("deleted")
                        + " AS (DELETE FROM "
                        + target.name()
                        + " AS s"
                        + (target.partitioned()
                                ? " USING "
                                        + named("changed")
                                        + " AS x WHERE "
                                        + target.same("s", "x")
                                        + " AND NOT x.__pgt_live AND "
                                : " WHERE ")
                        + among("NOT x.__pgt_live")
                        + " RETURNING 1)");
        all.add(
                named("updated")
                        + " AS (UPDATE "
                        + target.name()
                        + " AS s SET "
                        + assignments()
                        + " FROM "
                        + named("changed")
                        + " AS x WHERE "
                        + target.same("s", "x")
                        + " AND x.__pgt_live AND "
                        + among("x.__pgt_live")
                        + " AND NOT "
                        + storage.sameImage("s", "x")
                        + " RETURNING 1)");
        all.add(
                named("inserted")
                        + " AS (INSERT INTO "
                        + target.name()
                        + " ("
                        + Storage.ROW_ID
                        + ", "
                        + storage.list()
                        + ") SELECT x."
                        + Storage.ROW_ID
                        + ", "
                        + storage.list("x")
                        + " FROM "
                        + named("changed")
                        + " AS x WHERE x.__pgt_tid IS NULL AND x.__pgt_live RETURNING 1)");
        buffer.ifPresent(it -> all.add("captured AS (" + it.write(storage) + ")"));
        return all;
    }

    /// The table that is changed.
    Target target() {
        return target;
    }

    /// The stored rows that `changed` names, by an array of their addresses: whatever the planner
    /// expects, it reads just these.
    private String among(String condition) {
        return "s.ctid = ANY (ARRAY(SELECT x.__pgt_tid FROM "
                + named("changed")
                + " AS x WHERE x.__pgt_tid IS NOT NULL AND "
                + condition
                + "))";
    }

    private String assignments() {
        return storage.columns().stream()
                .map(column -> column.quoted() + " = x." + column.quoted())
                .collect(Collectors.joining(", "));
    }

    /// The old values of `alias`, as `changed` names them: of the captured columns, or, for a state
    /// table, whose change is read by the same statement, of all.
    List<String> oldValues(String alias) {
        return changeRead()
                .map(column ->
                        alias
                                + "."
                                + column.quoted()
                                + " AS "
                                + OutputBuffer.oldName(storage, column.name()))
                .toList();
    }

    /// The names of [#oldValues].
    List<String> oldNames() {
        return changeRead().map(column -> OutputBuffer.oldName(storage, column.name())).toList();
    }

    private Stream<StoredColumn> changeRead() {
        return storage.columns().stream().filter(column -> isChangeRead(column.name()));
    }

    private boolean isChangeRead(String column) {
        return !prefix.isEmpty() || buffer.filter(it -> it.columns().contains(column)).isPresent();
    }

    /// Repeats the rows of `alias` as often as their weights say. The planner expects ten elements
    /// of an array that it does not know, a tenth of them behind a limit that it does not know, and
    /// so one copy; of a series it would expect a thousand.
    static String copies(String alias) {
        String weight = "CAST(" + alias + "." + WEIGHT + " AS integer)";
        return "CROSS JOIN LATERAL (SELECT FROM unnest(array_fill(1, ARRAY["
                + weight
                + "])) LIMIT "
                + weight
                + ") AS c";
    }

    /// The expressions up to `changed` for a Z-set of stored rows: `select` gives the stored
    /// columns by name and a weight.
    ///
    /// Each row image with a negative weight removes that many stored copies, each with a positive
    /// one adds that many. A removed and an added row that share an access path become an UPDATE;
    /// which ones pair up does not matter for the result.
    List<String> netExpressions(String select) {
        List<String> all = new ArrayList<>();
        String numbered = "row_number() OVER (PARTITION BY " + Storage.ROW_ID + ") AS __pgt_j";
        all.add(
                named("net")
                        + " AS (SELECT row_number() OVER () AS __pgt_n, "
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
                named("leaving")
                        + " AS (SELECT v.*, "
                        + numbered
                        + " FROM (SELECT d.*, "
                        + String.join(", ", target.place("s"))
                        + ", row_number() OVER (PARTITION BY d.__pgt_n) AS __pgt_i FROM "
                        + named("net")
                        + " AS d JOIN "
                        + target.name()
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
                named("arriving")
                        + " AS (SELECT d.*, "
                        + numbered
                        + " FROM "
                        + named("net")
                        + " AS d "
                        + copies("d")
                        + " WHERE d."
                        + WEIGHT
                        + " > 0)");
        all.add(
                named("changed")
                        + " AS (SELECT "
                        + String.join(", ", target.placed("l"))
                        + ", a.__pgt_n IS NOT NULL AS __pgt_live, coalesce(a."
                        + Storage.ROW_ID
                        + ", l."
                        + Storage.ROW_ID
                        + ") AS "
                        + Storage.ROW_ID
                        + ", "
                        + Stream.concat(Stream.of(storage.list("a")), oldValues("l").stream())
                                .collect(Collectors.joining(", "))
                        + " FROM "
                        + named("arriving")
                        + " AS a FULL JOIN "
                        + named("leaving")
                        + " AS l ON a."
                        + Storage.ROW_ID
                        + " = l."
                        + Storage.ROW_ID
                        + " AND a.__pgt_j = l.__pgt_j)");
        return all;
    }

    /// Counts the rows that a Z-set removes and that are not stored.
    String missing() {
        return "(coalesce((SELECT -sum("
                + WEIGHT
                + ") FROM "
                + named("net")
                + " WHERE "
                + WEIGHT
                + " < 0), 0) - (SELECT count(*) FROM "
                + named("leaving")
                + "))";
    }
}
