package io.pgtrickle.compiler.emit;

import java.util.List;
import java.util.stream.Collectors;

/// Finds rows that moved from one partition to another without being in any transition table.
///
/// When an UPDATE moves a row, the row is in the transition tables of the UPDATE triggers, before
/// and after. When a MERGE does, PostgreSQL puts it into those of DELETE and INSERT, but fires
/// their triggers only if the MERGE has such actions of its own. So rows whose partition key
/// changes are counted one by one, as rare as they are, and the statement's trigger counts those it
/// sees. When these are others, everybody who reads the source recomputes.
///
/// @param capture the source's change buffer
/// @param key the columns that decide in which partition a row is
record MovedRows(CaptureSql capture, List<String> key) {
    MovedRows {
        key = List.copyOf(key);
    }

    private String setting() {
        return Identifier.literal("pg_trickle.moved_" + capture.suffix());
    }

    private String counted() {
        return "CAST(coalesce(nullif(current_setting("
                + setting()
                + ", true), ''), '0') AS bigint)";
    }

    private String values(String row) {
        return key.stream()
                .map(column -> row + "." + Identifier.quote(column))
                .collect(Collectors.joining(", ", "ROW(", ")"));
    }

    /// The function that counts.
    String function(String name) {
        return "CREATE OR REPLACE FUNCTION "
                + name
                + "() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS "
                + Identifier.literal(
                        "BEGIN PERFORM set_config("
                                + setting()
                                + ", CAST("
                                + counted()
                                + " + 1 AS text), true); RETURN NEW; END");
    }

    /// The trigger that calls it.
    String trigger(String name, String table, String function) {
        return "CREATE OR REPLACE TRIGGER "
                + Identifier.quote(name)
                + " BEFORE UPDATE ON "
                + table
                + " FOR EACH ROW WHEN (pg_catalog.record_image_ne("
                + values("OLD")
                + ", "
                + values("NEW")
                + ")) EXECUTE FUNCTION "
                + function
                + "()";
    }

    /// A trigger that never fires. When a MERGE inserts a row into a partition that has no such
    /// trigger and then updates another one there, PostgreSQL (16 to 18) puts the inserted row into
    /// the transition table of the UPDATE, in place of the updated one.
    static String keepUpdatedRows(String name, String table, String function) {
        return "CREATE OR REPLACE TRIGGER "
                + Identifier.quote(name)
                + " BEFORE INSERT ON "
                + table
                + " FOR EACH ROW WHEN (false) EXECUTE FUNCTION "
                + function
                + "()";
    }

    /// What the trigger of the UPDATE statement does first. The transition tables have the rows in
    /// the same order.
    String check() {
        return "IF "
                + counted()
                + " <> 0 THEN IF "
                + counted()
                + " <> (SELECT count(*) FROM "
                + numbered("old_rows")
                + " AS o JOIN "
                + numbered("new_rows")
                + " AS n ON n.number = o.number WHERE record_image_ne(o.r, n.r)) THEN "
                + capture.markTruncated()
                + "; "
                + capture.wake()
                + " END IF; PERFORM set_config("
                + setting()
                + ", '0', true); END IF; ";
    }

    private String numbered(String rows) {
        return "(SELECT row_number() OVER () AS number, "
                + values("t")
                + " AS r FROM "
                + rows
                + " AS t)";
    }
}
