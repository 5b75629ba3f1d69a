package io.pgtrickle.compiler.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The SQL of a change buffer and of the triggers that fill it.
///
/// A buffer row is a batch: the rows that one statement removed and added, at most
/// [OutputBuffer#BATCH_ROWS] of each, as arrays of a composite type. One heap row and one index
/// entry a statement cost the writer about half of what a row for each change does, and clean-up
/// deletes as few.
///
/// @param suffix what tells the objects of different sources apart: the source's OID, or `pgt_` and
///   the id of a stream table
public record CaptureSql(String suffix) {
    private static final String SCHEMA = "pgtrickle_changes";

    /// A captured column of a source.
    ///
    /// @param number its attribute number
    /// @param name its name
    /// @param definition its type and collation
    public record CapturedColumn(int number, String name, String definition) {}

    /// The buffer of a table.
    public static CaptureSql ofTable(long oid) {
        return new CaptureSql(Long.toString(oid));
    }

    /// The buffer of a stream table.
    public static CaptureSql ofStreamTable(long id) {
        return new CaptureSql("pgt_" + id);
    }

    /// The buffer's name, quoted.
    public String buffer() {
        return SCHEMA + ".changes_" + suffix;
    }

    /// The name of the composite type of its rows, quoted.
    public String rowType() {
        return SCHEMA + ".row_" + suffix;
    }

    /// Creates type and buffer.
    public List<String> createBuffer(List<CapturedColumn> columns) {
        String attributes =
                columns.stream().map(CaptureSql::attribute).collect(Collectors.joining(", "));
        return List.of(
                "CREATE TYPE " + rowType() + " AS (" + attributes + ")",
                "CREATE TABLE "
                        + buffer()
                        + " (change_id bigint GENERATED ALWAYS AS IDENTITY, xid xid8 NOT NULL"
                        + " DEFAULT pg_current_xact_id(), row_count int NOT NULL, truncated boolean NOT NULL DEFAULT"
                        + " false, removed "
                        + rowType()
                        + "[], added "
                        + rowType()
                        + "[]) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,"
                        + " toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000)",
                "ALTER TABLE "
                        + buffer()
                        + " ALTER removed SET STORAGE EXTERNAL, ALTER added SET STORAGE EXTERNAL",
                "CREATE INDEX ON " + buffer() + " (xid)");
    }

    private static String attribute(CapturedColumn column) {
        return PendingChanges.column(column.number()) + " " + column.definition();
    }

    /// Adds columns to an existing buffer. Batches from before have NULL in them.
    public List<String> extendBuffer(List<CapturedColumn> added) {
        return added.stream()
                .map(column -> "ALTER TYPE " + rowType() + " ADD ATTRIBUTE " + attribute(column))
                .toList();
    }

    /// Creates or replaces the trigger functions for the captured columns, in the order of the
    /// type's attributes.
    public List<String> functions(List<CapturedColumn> columns) {
        String one = " FROM (SELECT FROM %s LIMIT 2) AS few";
        String insert =
                "IF (SELECT count(*)"
                        + one.formatted("new_rows")
                        + ") = 1 THEN INSERT INTO "
                        + buffer()
                        + " (row_count, added) SELECT 1, ARRAY["
                        + row("n", columns)
                        + "] FROM new_rows AS n; ELSE INSERT INTO "
                        + buffer()
                        + " (row_count, added) SELECT cardinality(n.batch), n.batch FROM "
                        + batches("new_rows", columns)
                        + " AS n; END IF;";
        String delete =
                "IF (SELECT count(*)"
                        + one.formatted("old_rows")
                        + ") = 1 THEN INSERT INTO "
                        + buffer()
                        + " (row_count, removed) SELECT 1, ARRAY["
                        + row("o", columns)
                        + "] FROM old_rows AS o; ELSE INSERT INTO "
                        + buffer()
                        + " (row_count, removed) SELECT cardinality(o.batch), o.batch FROM "
                        + batches("old_rows", columns)
                        + " AS o; END IF;";
        String update =
                "IF (SELECT count(*)"
                        + one.formatted("new_rows")
                        + ") = 1 THEN INSERT INTO "
                        + buffer()
                        + " (row_count, removed, added) SELECT 2, ARRAY[o.r], ARRAY[n.r] FROM (SELECT "
                        + row("o", columns)
                        + " AS r FROM old_rows AS o) AS o CROSS JOIN (SELECT "
                        + row("n", columns)
                        + " AS r FROM new_rows AS n) AS n WHERE record_image_ne(o.r, n.r); ELSE INSERT INTO "
                        + buffer()
                        + " (row_count, removed, added) SELECT coalesce(cardinality(o.batch), 0) +"
                        + " coalesce(cardinality(n.batch), 0), o.batch, n.batch FROM "
                        + batches("old_rows", columns)
                        + " AS o FULL JOIN "
                        + batches("new_rows", columns)
                        + " AS n ON n.number = o.number WHERE record_image_ne(ROW(o.batch), ROW(n.batch)); END IF;";
        return List.of(
                function("ins", insert),
                function("upd", update),
                function("del", delete),
                function(
                        "trunc",
                        "INSERT INTO " + buffer() + " (row_count, truncated) VALUES (0, true);"));
    }

    private String row(String alias, List<CapturedColumn> columns) {
        return columns.stream()
                .map(column -> alias + "." + Identifier.quote(column.name()))
                .collect(Collectors.joining(", ", "CAST(ROW(", ") AS " + rowType() + ")"));
    }

    private String batches(String rows, List<CapturedColumn> columns) {
        return "(SELECT b.number, array_agg(b.r) AS batch FROM (SELECT "
                + row("t", columns)
                + " AS r, (row_number() OVER () - 1) / "
                + OutputBuffer.BATCH_ROWS
                + " AS number FROM "
                + rows
                + " AS t) AS b GROUP BY b.number)";
    }

    private String function(String operation, String body) {
        return "CREATE OR REPLACE FUNCTION "
                + functionName(operation)
                + "() RETURNS trigger LANGUAGE plpgsql SECURITY"
                + " DEFINER SET search_path = pg_catalog, pg_temp AS "
                + Identifier.literal(
                        "BEGIN "
                                + body
                                + " IF FOUND THEN PERFORM pgtrickle_changes.wake(); END IF; RETURN NULL; END");
    }

    private String functionName(String operation) {
        return SCHEMA + ".capture_" + suffix + "_" + operation;
    }

    /// The name of the trigger for an operation.
    public String trigger(String operation) {
        return "pg_trickle_cdc_" + operation + "_" + suffix;
    }

    /// Creates the triggers on `table`.
    public List<String> triggers(String table) {
        return List.of(
                create("ins", "INSERT", table, " REFERENCING NEW TABLE AS new_rows"),
                create(
                        "upd",
                        "UPDATE",
                        table,
                        " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
                create("del", "DELETE", table, " REFERENCING OLD TABLE AS old_rows"),
                create("trunc", "TRUNCATE", table, ""));
    }

    private String create(String operation, String event, String table, String referencing) {
        return "CREATE TRIGGER "
                + Identifier.quote(trigger(operation))
                + " AFTER "
                + event
                + " ON "
                + table
                + referencing
                + " FOR EACH STATEMENT EXECUTE FUNCTION "
                + functionName(operation)
                + "()";
    }

    /// Makes the triggers fire for replicated writes as well; only the table's owner may.
    public String enableAlways(String table) {
        return operations().stream()
                .map(operation -> "ENABLE ALWAYS TRIGGER " + Identifier.quote(trigger(operation)))
                .collect(Collectors.joining(", ", "ALTER TABLE " + table + " ", ""));
    }

    private static List<String> operations() {
        return List.of("ins", "upd", "del", "trunc");
    }

    /// Removes everything [#triggers] and [#functions] made; the triggers go with their functions.
    public List<String> drop() {
        List<String> statements = new ArrayList<>();
        operations()
                .forEach(operation ->
                        statements.add(
                                "DROP FUNCTION IF EXISTS "
                                        + functionName(operation)
                                        + "() CASCADE"));
        statements.add("DROP TABLE IF EXISTS " + buffer());
        statements.add("DROP TYPE IF EXISTS " + rowType());
        return statements;
    }

    /// Deletes at most `limit` batches that every one of the frontiers has seen.
    ///
    /// @param frontiers SQL expressions of type `pg_snapshot`, at least one
    public String clean(List<String> frontiers, int limit) {
        String applied =
                frontiers.stream()
                        .map(frontier -> "pg_visible_in_snapshot(b.xid, " + frontier + ")")
                        .collect(Collectors.joining(" AND "));
        return "DELETE FROM "
                + buffer()
                + " WHERE ctid = ANY (ARRAY(SELECT b.ctid FROM "
                + buffer()
                + " AS b WHERE "
                + applied
                + " ORDER BY b.xid LIMIT "
                + limit
                + "))";
    }
}
