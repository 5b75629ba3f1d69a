package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import java.util.List;
import java.util.Optional;

/// The bodies of the trigger functions that capture what a statement has changed, from its
/// transition tables.
///
/// @param capture the source's change buffer
/// @param columns the captured columns
/// @param shape the condition that they are still what they were
/// @param moved finds rows that an UPDATE has moved to another partition; empty where there are
///   none
/// @param direct what is done for single rows before they are captured
record StatementCapture(
        CaptureSql capture,
        List<CapturedColumn> columns,
        String shape,
        Optional<MovedRows> moved,
        Optional<DirectSql> direct) {

    String inserted() {
        return bySize(
                "new_rows",
                "",
                attempt(false, true),
                insert()
                        + " (row_count, added) SELECT 1, ARRAY["
                        + capture.row("n", columns)
                        + "] FROM new_rows AS n;",
                insert()
                        + " (row_count, added) SELECT cardinality(n.batch), n.batch FROM "
                        + batches("new_rows")
                        + " AS n;");
    }

    String deleted() {
        return bySize(
                "old_rows",
                "",
                attempt(true, false),
                insert()
                        + " (row_count, removed) SELECT 1, ARRAY["
                        + capture.row("o", columns)
                        + "] FROM old_rows AS o;",
                insert()
                        + " (row_count, removed) SELECT cardinality(o.batch), o.batch FROM "
                        + batches("old_rows")
                        + " AS o;");
    }

    String updated() {
        return bySize(
                "new_rows",
                moved.map(MovedRows::check).orElse(""),
                attempt(true, true),
                insert()
                        + " (row_count, removed, added) SELECT 2, ARRAY[o.r], ARRAY[n.r] FROM (SELECT "
                        + capture.row("o", columns)
                        + " AS r FROM old_rows AS o) AS o CROSS JOIN (SELECT "
                        + capture.row("n", columns)
                        + " AS r FROM new_rows AS n) AS n WHERE record_image_ne(o.r, n.r);",
                insert()
                        + " (row_count, removed, added) SELECT coalesce(cardinality(o.batch), 0) +"
                        + " coalesce(cardinality(n.batch), 0), o.batch, n.batch FROM "
                        + batches("old_rows")
                        + " AS o FULL JOIN "
                        + batches("new_rows")
                        + " AS n ON n.number = o.number WHERE record_image_ne(ROW(o.batch), ROW(n.batch));");
    }

    private String insert() {
        return "INSERT INTO " + capture.buffer();
    }

    private String attempt(boolean removed, boolean added) {
        return direct.map(it -> it.attempt(columns, shape, removed, added)).orElse("");
    }

    /// Does one thing for one row and another for more. The shape is in the statement that reads
    /// the rows, so that it is evaluated when that is planned, and only then.
    private String bySize(String rows, String before, String attempt, String one, String more) {
        return "#variable_conflict use_column\nDECLARE few int; "
                + (direct.isEmpty() ? "" : DirectSql.VARIABLES)
                + "BEGIN "
                + attempt
                + "few := (SELECT CASE WHEN "
                + shape
                + " THEN count(*) ELSE -count(*) END FROM (SELECT FROM "
                + rows
                + " LIMIT 2) AS f); IF few >= 0 THEN "
                + before
                + "IF few = 1 THEN "
                + one
                + " ELSIF few > 1 THEN "
                + more
                + " END IF; ELSE "
                + capture.markTruncated()
                + "; END IF;";
    }

    private String batches(String rows) {
        return "(SELECT b.number, array_agg(b.r) AS batch FROM (SELECT "
                + capture.row("t", columns)
                + " AS r, (row_number() OVER () - 1) / "
                + OutputBuffer.BATCH_ROWS
                + " AS number FROM "
                + rows
                + " AS t) AS b GROUP BY b.number)";
    }
}
