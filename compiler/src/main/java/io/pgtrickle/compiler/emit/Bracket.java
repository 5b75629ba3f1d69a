package io.pgtrickle.compiler.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The functions and triggers that mark where the statements on a source begin and end.
///
/// @param suffix of the source's buffer
public record Bracket(String suffix) {
    private static final List<String> ENDS = List.of("before", "after");

    /// Creates or replaces the functions.
    ///
    /// @param readers the ids of the stream tables that may have to follow, sources first
    /// @param turns whether writers of any of them come one after the other
    public List<String> functions(List<Long> readers, boolean turns) {
        String ids =
                readers.stream().map(String::valueOf).collect(Collectors.joining(",", "'{", "}'"));
        List<String> statements = new ArrayList<>();
        statements.addAll(
                function(
                        "before",
                        "pgtrickle_changes.statement_begins("
                                + ids
                                + "::bigint[], "
                                + turns
                                + ")"));
        statements.addAll(function("after", "pgtrickle_changes.statement_ends()"));
        statements.addAll(reader());
        return statements;
    }

    /// The name of the function that reads what the running transaction has captured since a
    /// change, quoted.
    String captured() {
        return "pgtrickle_changes.captured_" + suffix;
    }

    /// The rows themselves when they are few, in the arrays in which they were captured, and else
    /// how many. Rows of the two arrays need not belong together. The buffer may have been empty
    /// when this was planned: the plan must not be one for an empty table.
    private List<String> reader() {
        CaptureSql capture = new CaptureSql(suffix);
        String parameters = "(since bigint, most bigint, ";
        return List.of(
                "CREATE OR REPLACE FUNCTION "
                        + captured()
                        + parameters
                        + "OUT batches bigint, OUT row_count bigint, OUT truncated boolean, OUT few boolean, OUT removed "
                        + capture.rowType()
                        + "[], OUT added "
                        + capture.rowType()
                        + "[]) LANGUAGE plpgsql SET enable_seqscan = off AS "
                        + Identifier.literal(
                                "#variable_conflict use_column\nDECLARE b record; BEGIN batches := 0; row_count := 0;"
                                        + " truncated := false; FOR b IN SELECT c.row_count, c.truncated, c.removed, c.added FROM "
                                        + capture.buffer()
                                        + " AS c WHERE "
                                        + new ChangeWindow.Own("since").condition("c")
                                        + " LIMIT "
                                        + (ImmediateSql.FEW_BATCHES + 1)
                                        + " LOOP batches := batches + 1; row_count := row_count + b.row_count;"
                                        + " truncated := truncated OR b.truncated; EXIT WHEN batches > "
                                        + ImmediateSql.FEW_BATCHES
                                        + " OR row_count > most;"
                                        + " removed := removed || b.removed; added := added || b.added; END LOOP;"
                                        + " few := batches <= "
                                        + ImmediateSql.FEW_BATCHES
                                        + " AND row_count <= most AND NOT truncated; IF NOT few THEN"
                                        + " SELECT count(*), sum(c.row_count), bool_or(c.truncated) INTO batches, row_count, truncated FROM "
                                        + capture.buffer()
                                        + " AS c WHERE "
                                        + new ChangeWindow.Own("since").condition("c")
                                        + "; END IF; END"),
                "REVOKE ALL ON FUNCTION " + captured() + "(bigint, bigint) FROM PUBLIC");
    }

    private List<String> function(String end, String call) {
        String signature = functionName(end) + "()";
        return List.of(
                "CREATE OR REPLACE FUNCTION "
                        + signature
                        + " RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS "
                        + Identifier.literal(
                                "DECLARE done boolean; BEGIN done := "
                                        + call
                                        + "; RETURN NULL; END"),
                "REVOKE ALL ON FUNCTION " + signature + " FROM PUBLIC");
    }

    /// The functions' names, without schema.
    public List<String> functionNames() {
        return ENDS.stream().map(end -> "bracket_" + suffix + "_" + end).toList();
    }

    private String functionName(String end) {
        return "pgtrickle_changes.bracket_" + suffix + "_" + end;
    }

    /// Creates or replaces the triggers on `table`. Triggers fire in the order of their names:
    /// these after those that capture.
    public List<String> triggers(String table) {
        return ENDS.stream()
                .map(end ->
                        "CREATE OR REPLACE TRIGGER "
                                + trigger(end)
                                + " "
                                + end
                                + " INSERT OR UPDATE OR DELETE OR TRUNCATE ON "
                                + table
                                + " FOR EACH STATEMENT EXECUTE FUNCTION "
                                + functionName(end)
                                + "()")
                .toList();
    }

    /// Makes the triggers fire for replicated writes as well; only the table's owner may.
    public List<String> enableAlways(String table) {
        return ENDS.stream().map(end -> CaptureSql.enableAlways(table, trigger(end))).toList();
    }

    private String trigger(String end) {
        return "pgt_ivm_" + end + "_" + suffix;
    }

    /// Lets a role make the functions triggers, or takes that back.
    public List<String> lend(String role, boolean lent) {
        return ENDS.stream()
                .map(end ->
                        (lent ? "GRANT" : "REVOKE")
                                + " EXECUTE ON FUNCTION "
                                + functionName(end)
                                + "() "
                                + (lent ? "TO " : "FROM ")
                                + role)
                .toList();
    }

    /// Removes the functions, and with them the triggers.
    public List<String> drop() {
        List<String> statements =
                new ArrayList<>(
                        ENDS.stream()
                                .map(end ->
                                        "DROP FUNCTION IF EXISTS "
                                                + functionName(end)
                                                + "() CASCADE")
                                .toList());
        statements.add("DROP FUNCTION IF EXISTS " + captured() + "(bigint, bigint)");
        return statements;
    }
}
