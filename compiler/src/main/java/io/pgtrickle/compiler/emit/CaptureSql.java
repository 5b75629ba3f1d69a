package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The SQL of a change buffer and of the triggers that fill it.
///
/// A buffer row is a batch: the rows that one statement removed and added, at most
/// [OutputBuffer#BATCH_ROWS] of each, as arrays of a composite type. One heap row and one index
/// entry a statement cost the writer about half of what a row for each change does, and clean-up
/// deletes as few.
///
/// @param suffix what tells the objects of different sources apart: the source's OID, with `only_`
///   before it when it is read with ONLY, or `pgt_` and the id of a stream table
public record CaptureSql(String suffix) {
    private static final String SCHEMA = "pgtrickle_changes";

    /// A captured column of a source.
    ///
    /// @param number its attribute number
    /// @param name its name
    /// @param definition its type and collation
    public record CapturedColumn(int number, String name, String definition) {}

    /// When the triggers of a source fire.
    public enum Level {
        /// Once a statement, with all rows it changed. A statement fires only the triggers of the
        /// table that it names.
        STATEMENT,
        /// Once a row, whatever table the statement names.
        ROW
    }

    /// The buffer of a source.
    public static CaptureSql of(Relation relation) {
        return relation.streamTableId()
                .map(CaptureSql::ofStreamTable)
                .orElseGet(() ->
                        relation.only()
                                ? new CaptureSql("only_" + relation.relid())
                                : ofTable(relation.oid()));
    }

    /// The buffer of a table with its children.
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

    /// The buffer as the owner of a stream table sees it, quoted: while his stream table, which
    /// reads or writes it, is refreshed, and empty at all other times.
    public String openBuffer() {
        return SCHEMA + ".open_" + suffix;
    }

    /// The name of the table with the last seen rows of a source that is compared, quoted.
    public String snapshot() {
        return SCHEMA + ".snapshot_" + suffix;
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
                        + " (change_id bigint NOT NULL DEFAULT nextval('pgtrickle_changes.change_ids'), xid xid8 NOT NULL"
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
                "CREATE INDEX ON " + buffer() + " (xid, change_id)",
                "CREATE VIEW "
                        + openBuffer()
                        + " AS SELECT change_id, xid, row_count, truncated, removed, added FROM "
                        + buffer()
                        + " WHERE (SELECT pgtrickle._may_use("
                        + Identifier.literal(suffix)
                        + ")) WITH CASCADED CHECK OPTION",
                "GRANT SELECT, INSERT (row_count, removed, added) ON "
                        + openBuffer()
                        + " TO PUBLIC");
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

    /// What the source's columns were when its trigger functions were made.
    ///
    /// @param source the source's OID in `pg_class`
    /// @param text what `pgtrickle_changes.shape` said of the captured columns
    public record Shape(long source, String text) {
        /// The condition that the columns are still the same, as a function of this name says.
        private String holds(String function, List<CapturedColumn> columns) {
            return SCHEMA
                    + "."
                    + function
                    + "("
                    + source
                    + ", "
                    + numbers(columns)
                    + ") = "
                    + Identifier.literal(text);
        }
    }

    /// What the captured columns are now, an SQL expression.
    ///
    /// @param source the source's OID in `pg_class`
    public static String shape(long source, List<CapturedColumn> columns) {
        return SCHEMA + ".shape(" + source + ", " + numbers(columns) + ")";
    }

    private static String numbers(List<CapturedColumn> columns) {
        return columns.stream()
                .map(column -> Integer.toString(column.number()))
                .collect(Collectors.joining(",", "'{", "}'"));
    }

    /// Creates or replaces the trigger functions for the captured columns, in the order of the
    /// type's attributes. When the columns have become others, the functions capture nothing and
    /// leave the mark that makes all readers recompute: the writer must not fail.
    ///
    /// @param partitionKey the columns that decide in which partition a row is; empty for a table
    ///   that is not partitioned
    /// @param direct what is done for single rows before they are captured, at [Level#STATEMENT]
    ///   without a partition key
    public List<String> functions(
            Level level,
            List<CapturedColumn> columns,
            List<String> partitionKey,
            Shape shape,
            Optional<DirectSql> direct) {
        List<String> statements =
                new ArrayList<>(definitions(level, columns, partitionKey, shape, direct));
        // Whoever may execute them could make them the triggers of another table.
        operations(level, partitionKey)
                .forEach(it ->
                        statements.add(
                                "REVOKE ALL ON FUNCTION " + functionName(it) + "() FROM PUBLIC"));
        return statements;
    }

    private static List<String> operations(Level level, List<String> partitionKey) {
        return switch (level) {
            case ROW -> List.of("row", "trunc");
            case STATEMENT ->
                    partitionKey.isEmpty()
                            ? List.of("ins", "upd", "del", "trunc")
                            : List.of("ins", "upd", "del", "move", "trunc");
        };
    }

    /// Lets a role make the functions the triggers of a table, or takes that back.
    ///
    /// @param role quoted
    public List<String> lend(Level level, List<String> partitionKey, String role, boolean lent) {
        return operations(level, partitionKey).stream()
                .map(it ->
                        (lent ? "GRANT" : "REVOKE")
                                + " EXECUTE ON FUNCTION "
                                + functionName(it)
                                + "() "
                                + (lent ? "TO " : "FROM ")
                                + role)
                .toList();
    }

    private List<String> definitions(
            Level level,
            List<CapturedColumn> columns,
            List<String> partitionKey,
            Shape shape,
            Optional<DirectSql> direct) {
        String truncate = function("trunc", "BEGIN " + markTruncated() + ";");
        return switch (level) {
            case ROW -> List.of(function("row", rowBody(columns, shape)), truncate);
            case STATEMENT -> {
                Optional<MovedRows> moved =
                        partitionKey.isEmpty()
                                ? Optional.empty()
                                : Optional.of(new MovedRows(this, partitionKey));
                StatementCapture capture =
                        new StatementCapture(
                                this, columns, shape.holds("shape", columns), moved, direct);
                List<String> functions = new ArrayList<>(List.of(truncate));
                moved.ifPresent(it -> functions.add(it.function(functionName("move"))));
                String settings = direct.map(DirectSql::settings).orElse("");
                functions.add(function("ins", capture.inserted(), settings));
                functions.add(function("upd", capture.updated(), settings));
                functions.add(function("del", capture.deleted(), settings));
                yield functions;
            }
        };
    }

    /// The columns are looked at once a transaction: until its end nobody else can alter the table.
    private String rowBody(List<CapturedColumn> columns, Shape shape) {
        String insert = "INSERT INTO " + buffer();
        String before = row("OLD", columns);
        String after = row("NEW", columns);
        String seen = Identifier.literal("pg_trickle.shape_" + suffix);
        return "BEGIN IF current_setting("
                + seen
                + ", true) IS DISTINCT FROM pg_current_xact_id()::text THEN IF "
                + shape.holds("shape_now", columns)
                + " THEN PERFORM set_config("
                + seen
                + ", pg_current_xact_id()::text, true); ELSE "
                + markTruncated()
                + "; "
                + wake()
                + " RETURN NULL; END IF; END IF; IF TG_OP = 'INSERT' THEN "
                + insert
                + " (row_count, added) VALUES (1, ARRAY["
                + after
                + "]); ELSIF TG_OP = 'DELETE' THEN "
                + insert
                + " (row_count, removed) VALUES (1, ARRAY["
                + before
                + "]); ELSE "
                + insert
                + " (row_count, removed, added) SELECT 2, ARRAY[x.before], ARRAY[x.after] FROM (SELECT "
                + before
                + " AS before, "
                + after
                + " AS after) AS x WHERE record_image_ne(x.before, x.after); END IF;";
    }

    /// A row of the buffer's type from a FROM item with the source's columns.
    String row(String alias, List<CapturedColumn> columns) {
        return columns.stream()
                .map(column -> alias + "." + Identifier.quote(column.name()))
                .collect(Collectors.joining(", ", "CAST(ROW(", ") AS " + rowType() + ")"));
    }

    private String function(String operation, String body) {
        return function(operation, body, "");
    }

    /// @param body begins with BEGIN or DECLARE
    /// @param settings more `SET` clauses
    private String function(String operation, String body, String settings) {
        return "CREATE OR REPLACE FUNCTION "
                + functionName(operation)
                + "() RETURNS trigger LANGUAGE plpgsql SECURITY"
                + " DEFINER SET search_path = pg_catalog, pg_temp "
                + settings
                + " AS "
                + Identifier.literal(
                        body + " IF FOUND THEN " + wake() + " END IF; RETURN NULL; END");
    }

    /// The statement of PL/pgSQL that tells a service that the buffer has been written to.
    public String wake() {
        return "PERFORM pgtrickle_changes.wake(" + Identifier.literal(suffix) + ");";
    }

    private String functionName(String operation) {
        return SCHEMA + ".capture_" + suffix + "_" + operation;
    }

    /// The name of the trigger for an operation.
    public String trigger(String operation) {
        return "pg_trickle_cdc_" + operation + "_" + suffix;
    }

    /// Creates the triggers on `table` that capture its rows.
    public List<String> triggers(Level level, String table) {
        return switch (level) {
            case ROW -> List.of(create("row", "INSERT OR UPDATE OR DELETE", table, "", "ROW"));
            case STATEMENT ->
                    List.of(
                            create(
                                    "ins",
                                    "INSERT",
                                    table,
                                    " REFERENCING NEW TABLE AS new_rows",
                                    "STATEMENT"),
                            create(
                                    "upd",
                                    "UPDATE",
                                    table,
                                    " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
                                    "STATEMENT"),
                            create(
                                    "del",
                                    "DELETE",
                                    table,
                                    " REFERENCING OLD TABLE AS old_rows",
                                    "STATEMENT"));
        };
    }

    /// Creates the trigger on `table` that captures TRUNCATE.
    public String truncateTrigger(String table) {
        return create("trunc", "TRUNCATE", table, "", "STATEMENT");
    }

    private String create(
            String operation, String event, String table, String referencing, String level) {
        return "CREATE TRIGGER "
                + Identifier.quote(trigger(operation))
                + " AFTER "
                + event
                + " ON "
                + table
                + referencing
                + " FOR EACH "
                + level
                + " EXECUTE FUNCTION "
                + functionName(operation)
                + "()";
    }

    /// Creates or replaces the triggers on the partitioned `table` that make a MERGE say what it
    /// does: one counts rows that may move, the other never fires.
    public List<String> moveTriggers(String table, List<String> partitionKey) {
        String function = functionName("move");
        return List.of(
                new MovedRows(this, partitionKey).trigger(trigger("move"), table, function),
                MovedRows.keepUpdatedRows(trigger("keep"), table, function));
    }

    /// Makes a trigger fire for replicated writes as well; only the table's owner may.
    public static String enableAlways(String table, String trigger) {
        return "ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER " + Identifier.quote(trigger);
    }

    /// Removes a trigger.
    public static String dropTrigger(String table, String trigger) {
        return "DROP TRIGGER " + Identifier.quote(trigger) + " ON " + table;
    }

    private static final List<String> OPERATIONS =
            List.of("ins", "upd", "del", "move", "row", "trunc");

    /// The names, without schema, that the trigger functions can have.
    public List<String> functionNames() {
        return OPERATIONS.stream().map(operation -> "capture_" + suffix + "_" + operation).toList();
    }

    /// Removes the trigger functions, and with them the triggers on whatever table.
    public List<String> dropFunctions() {
        return OPERATIONS.stream()
                .map(operation ->
                        "DROP FUNCTION IF EXISTS " + functionName(operation) + "() CASCADE")
                .toList();
    }

    /// Removes everything that was made for the source.
    public List<String> drop() {
        List<String> statements = new ArrayList<>(dropFunctions());
        statements.addAll(new Bracket(suffix).drop());
        statements.add("DROP VIEW IF EXISTS " + openBuffer());
        statements.add("DROP TABLE IF EXISTS " + buffer());
        statements.add("DROP TABLE IF EXISTS " + snapshot());
        statements.add("DROP TYPE IF EXISTS " + rowType());
        return statements;
    }

    /// Writes the mark that makes all readers recompute.
    public String markTruncated() {
        return "INSERT INTO " + buffer() + " (row_count, truncated) VALUES (0, true)";
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
