package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.PendingChanges.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The functions that apply the changes of a statement to one stream table within the writing
/// transaction.
///
/// The changes are those that the capture triggers have put into the change buffers, and the
/// statement that applies them is the one of a differential refresh, for the rows of this
/// transaction. What belongs to the stream table's owner is done by functions of the owner with the
/// owner's rights: `apply_<id>...` in `pgtrickle_owned`, or with pg_trickle's own functions where
/// these rights are pg_trickle's. What looks at the buffers and chooses among them is pg_trickle's:
/// `pgtrickle_changes.flush_<id>`.
///
/// A few rows of one source, by far the most frequent case, are applied by a statement that
/// PL/pgSQL plans once a session, to which they are given where it is pg_trickle's. Anything else
/// is planned for the numbers at hand.
///
/// @param query the compiled query, which is not only recomputed
/// @param id the stream table's catalog id
/// @param relation the OID of its table
/// @param table its table, quoted
/// @param name its name, for people
/// @param output the buffer of those who read it
/// @param openly whether the owner's functions have other rights than pg_trickle
public record ImmediateSql(
        CompiledQuery query,
        long id,
        long relation,
        String table,
        String name,
        Optional<OutputBuffer> output,
        boolean openly) {
    /// The parameters of the function for all sources and numbers.
    private static final String MANY = "bigint, bigint[], bigint[]";

    static final int FEW_BATCHES = 4;
    private static final int FEW_ROWS = 16;

    /// Into how many parts the rows of a stream table are divided, to be locked one by one: a power
    /// of two.
    public static final int SLOTS = 256;

    /// Stand in the text for the numbers of a source, plus its position. No query has such literals
    /// by chance.
    private static final long BATCHES = 2_718_281_828_459_045_000L;

    private static final long HALF_THE_ROWS = 3_141_592_653_589_793_000L;

    private static final String RETURN =
            "RETURN ARRAY[pgt_result.broken, pgt_result.inserted + pgt_result.reread]; END";
    private static final String RESULT = " INTO pgt_result; " + RETURN;
    private static final String HEAD =
            "#variable_conflict use_column\nDECLARE pgt_result record; BEGIN ";

    private List<Relation> sources() {
        return List.copyOf(query.captured().keySet());
    }

    /// Creates or replaces the owner's functions.
    ///
    /// @param settings `SET` clauses under which the query means what it means in a refresh
    /// @param installer the role that installed pg_trickle, quoted, which alone may call them
    public List<String> ownerFunctions(String settings, String installer) {
        List<String> statements = new ArrayList<>();
        for (int i = 0; i < sources().size(); i++) {
            statements.addAll(function(few(i), fewParameters(), body(i), settings, installer));
        }
        if (!sources().isEmpty()) {
            statements.addAll(function(many(), MANY, manyBody(), settings, installer));
        }
        statements.addAll(function(recompute(), "", recomputeBody(), settings, installer));
        touched()
                .ifPresent(select ->
                        statements.addAll(
                                function(
                                        slots(),
                                        fewParameters(),
                                        "BEGIN RETURN ARRAY(SELECT DISTINCT t."
                                                + Storage.ROW_ID
                                                + " & "
                                                + (SLOTS - 1)
                                                + " FROM ("
                                                + select
                                                + ") AS t ORDER BY 1); END",
                                        settings,
                                        installer)));
        return statements;
    }

    /// The parameters of the functions for a few rows of one source: the number of the change
    /// before them, or the rows, as arrays of the source's row type, which is made anew where the
    /// source has changed. Any role can make functions in the schema of the owners', and PostgreSQL
    /// would prefer one for that very type: so only pg_trickle's own take rows.
    private String fewParameters() {
        return openly ? "bigint" : "anyarray, anyarray";
    }

    private String fewArguments(int source) {
        String variable = "s" + (source + 1);
        return openly ? "($1)" : "(" + variable + ".removed, " + variable + ".added)";
    }

    private ChangeWindow fewChanges() {
        return openly ? new ChangeWindow.Own("$1") : new ChangeWindow.Given("$1", "$2");
    }

    private String schema() {
        return openly ? "pgtrickle_owned." : "pgtrickle_changes.";
    }

    /// The names of the owner's functions, without schema.
    private String few(int source) {
        return "apply_" + id + "_" + (source + 1);
    }

    private String many() {
        return "apply_" + id;
    }

    private String slots() {
        return "slots_" + id;
    }

    /// Whether writers that touch different rows of it need not come one after the other.
    public boolean isNarrow() {
        return touched().isPresent();
    }

    private Optional<String> touched() {
        return rows().flatMap(it -> it.touched(fewChanges(), pending(0, FEW_BATCHES, FEW_ROWS)));
    }

    private Optional<RowByRow> rows() {
        return query.rowByRow();
    }

    /// How single rows of the only source are applied where they are captured; empty where they
    /// cannot be, or others read the stream table.
    ///
    /// @param settings `SET` clauses under which the query means what it means in a refresh
    public Optional<DirectSql> direct(String settings) {
        return rows().filter(it -> continuesDirectly() && output.isEmpty())
                .map(it ->
                        new DirectSql(
                                it, sources().getFirst().oid(), id, relation, table, settings));
    }

    /// Whether groups may be continued by somebody who has not locked their part, but their row.
    private boolean continuesDirectly() {
        return !openly && rows().filter(RowByRow::continues).isPresent();
    }

    /// A SELECT that keeps others from continuing the groups that will be touched, and waits for
    /// those who have.
    private String lockRows(ChangeWindow window, PendingChanges changes) {
        return rows().filter(_ -> continuesDirectly())
                .flatMap(it -> it.touched(window, changes))
                .map(it ->
                        "SELECT FROM "
                                + table
                                + " AS l WHERE l."
                                + Storage.ROW_ID
                                + " = ANY (ARRAY("
                                + it
                                + ")) ORDER BY l."
                                + Storage.ROW_ID
                                + " FOR UPDATE")
                .orElse("");
    }

    private String recompute() {
        return "recompute_" + id;
    }

    private List<String> function(
            String function, String parameters, String body, String settings, String installer) {
        String signature = signature(function, parameters);
        return List.of(
                "CREATE OR REPLACE FUNCTION "
                        + signature
                        + " RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER "
                        + settings
                        + " AS "
                        + Identifier.literal(body),
                "REVOKE ALL ON FUNCTION " + signature + " FROM PUBLIC",
                "GRANT EXECUTE ON FUNCTION " + signature + " TO " + installer,
                "COMMENT ON FUNCTION "
                        + signature
                        + " IS "
                        + Identifier.literal("pg_trickle: maintains " + name));
    }

    private String signature(String function, String parameters) {
        return schema() + function + "(" + parameters + ")";
    }

    /// The SQL condition that the owner's functions still have the owner's rights: the owner can
    /// make them anew.
    private String owned() {
        if (!openly) {
            return "true";
        }
        List<String> signatures = new ArrayList<>();
        for (int i = 0; i < sources().size(); i++) {
            signatures.add(signature(few(i), fewParameters()));
        }
        signatures.add(signature(many(), MANY));
        signatures.add(signature(recompute(), ""));
        if (isNarrow()) {
            signatures.add(signature(slots(), fewParameters()));
        }
        return "(SELECT count(*) = "
                + signatures.size()
                + " AND bool_and(p.prosecdef AND p.proowner = (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = "
                + relation
                + ")) FROM pg_catalog.pg_proc p WHERE p.oid = ANY (ARRAY["
                + signatures.stream()
                        .map(it -> "to_regprocedure(" + Identifier.literal(it) + ")::oid")
                        .collect(Collectors.joining(", "))
                + "]))";
    }

    private PendingChanges pending(int source, long batches, long rows) {
        Relation relation = sources().get(source);
        CaptureSql capture = CaptureSql.of(relation);
        return new PendingChanges(
                relation.oid(),
                capture,
                openly ? capture.openBuffer() : capture.buffer(),
                batches,
                rows,
                Optional.empty(),
                Bound.CERTAIN);
    }

    private String statement(ChangeWindow window, List<PendingChanges> pending) {
        return query.differentialRefresh(
                Target.plain(table), new StateTables(id), window, pending, output);
    }

    private String body(int source) {
        PendingChanges changes = pending(source, FEW_BATCHES, FEW_ROWS);
        String lock = lockRows(fewChanges(), changes);
        return HEAD
                + continuation(changes)
                + (lock.isEmpty() ? "" : lock.replaceFirst("SELECT", "PERFORM") + "; ")
                + statement(fewChanges(), List.of(changes))
                + RESULT;
    }

    /// Most statements change rows of one group that stays.
    private String continuation(PendingChanges changes) {
        return rows().filter(_ -> output.isEmpty())
                .flatMap(it -> it.continuation(Target.plain(table), fewChanges(), changes))
                .map(it -> it + "; IF FOUND THEN RETURN ARRAY[CAST(0 AS bigint), 0]; END IF; ")
                .orElse("");
    }

    private String manyBody() {
        List<PendingChanges> all = new ArrayList<>();
        for (int i = 0; i < sources().size(); i++) {
            all.add(pending(i, BATCHES + i, 2 * (HALF_THE_ROWS + i)));
        }
        ChangeWindow window = new ChangeWindow.Own("$1");
        String lock = lockRows(window, all.getFirst());
        return HEAD
                + (lock.isEmpty() ? "" : "EXECUTE " + forNumbers(lock) + " USING $1; ")
                + "EXECUTE "
                + forNumbers(statement(window, all))
                + " INTO pgt_result USING $1; "
                + RETURN;
    }

    /// The text of a statement for the numbers at hand, an SQL expression.
    private String forNumbers(String statement) {
        String text = Identifier.literal(statement);
        for (int i = 0; i < sources().size(); i++) {
            String batches = "$2[" + (i + 1) + "]";
            String rows = "$3[" + (i + 1) + "]";
            text = replaced(text, 2 * (HALF_THE_ROWS + i), rows);
            text = replaced(text, HALF_THE_ROWS + i, "(" + rows + " + 1) / 2");
            text = replaced(text, BATCHES + i, batches);
        }
        return text;
    }

    private static String replaced(String text, long number, String value) {
        return "replace(" + text + ", '" + number + "', (" + value + ")::text)";
    }

    /// Fills the hidden tables anew and applies the difference.
    private String recomputeBody() {
        StateTables states = new StateTables(id);
        StringBuilder body = new StringBuilder(HEAD);
        query.fillStates(states)
                .forEach(it -> body.append("EXECUTE ").append(Identifier.literal(it)).append("; "));
        return body.append("EXECUTE ")
                .append(Identifier.literal(query.fullRefresh(Target.plain(table), states, output)))
                .append(RESULT)
                .toString();
    }

    /// Creates or replaces the function that applies what the running transaction has captured
    /// since a change.
    public List<String> flushFunction() {
        return flush(sources().isEmpty() ? "BEGIN RETURN false; END" : flushBody());
    }

    private List<String> flush(String body) {
        String signature = "pgtrickle_changes.flush_" + id + "(bigint)";
        return List.of(
                "CREATE OR REPLACE FUNCTION "
                        + signature
                        + " RETURNS boolean LANGUAGE plpgsql AS "
                        + Identifier.literal(body),
                "REVOKE ALL ON FUNCTION " + signature + " FROM PUBLIC");
    }

    private String flushBody() {
        List<String> batches = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        List<String> truncated = new ArrayList<>();
        StringBuilder declared =
                new StringBuilder(
                        "DECLARE result bigint[]; slots bigint[]; mark text; state text; ");
        StringBuilder read = new StringBuilder();
        for (int i = 0; i < sources().size(); i++) {
            String variable = "s" + (i + 1);
            declared.append(variable).append(" record; ");
            read.append(variable)
                    .append(" := ")
                    .append(new Bracket(CaptureSql.of(sources().get(i)).suffix()).captured())
                    .append("($1, ")
                    .append(FEW_ROWS)
                    .append("); ");
            batches.add(variable + ".batches");
            rows.add(variable + ".row_count");
            truncated.add(variable + ".truncated");
        }
        String all = String.join(" + ", rows);
        String gone = "(" + String.join(" OR ", truncated) + ")";
        StringBuilder body =
                declared.append(
                                "BEGIN state := (SELECT CASE WHEN NOT i.populated THEN 'empty' WHEN ")
                        .append(owned())
                        .append(
                                " THEN 'maintained' ELSE 'changed' END FROM pgtrickle.pgt_immediate i WHERE i.pgt_id = ")
                        .append(id)
                        .append(" AND has_table_privilege(")
                        .append(relation)
                        .append("::oid, 'SELECT') IS NOT NULL); ")
                        .append("IF state IS NULL OR state = 'empty' THEN RETURN false; END IF; ")
                        .append(read)
                        .append("IF ")
                        .append(all)
                        .append(" = 0 AND NOT ")
                        .append(gone)
                        .append(" THEN RETURN false; END IF; ")
                        .append(
                                "IF state = 'changed' THEN PERFORM pgtrickle_changes.refuse_changed_functions(")
                        .append(id)
                        .append("); END IF; ")
                        .append(lockSlots())
                        .append("mark := set_config('pg_trickle.refreshing', pgtrickle._token(")
                        .append(relation)
                        .append("::oid), true); IF ")
                        .append(gone)
                        .append(" THEN result := ")
                        .append(schema())
                        .append(recompute())
                        .append("(); ");
        for (int i = 0; i < sources().size(); i++) {
            String source = "s" + (i + 1);
            body.append("ELSIF ").append(source).append(".few");
            if (sources().size() > 1) {
                body.append(" AND ").append(source).append(".row_count = ").append(all);
            }
            body.append(" THEN result := ")
                    .append(schema())
                    .append(few(i))
                    .append(fewArguments(i))
                    .append("; ");
        }
        body.append("ELSE result := ")
                .append(schema())
                .append(many())
                .append("($1, ARRAY[")
                .append(String.join(", ", batches))
                .append("], ARRAY[")
                .append(String.join(", ", rows))
                .append(
                        "]); END IF; mark := set_config('pg_trickle.refreshing', '', true); IF result[1] <> 0 THEN"
                                + " PERFORM pgtrickle_changes.refuse_broken(")
                .append(id)
                .append(", result[1]); END IF; ");
        if (isNarrow()) {
            body.append("IF result[2] > 0 THEN PERFORM pgtrickle_changes.mark_slots(")
                    .append(id)
                    .append(", slots); END IF; ");
        }
        return body.append("RETURN true; END").toString();
    }

    /// Locks the parts of the table that will be touched, all of them for many changes.
    private String lockSlots() {
        return isNarrow()
                ? "IF s1.few THEN slots := "
                        + schema()
                        + slots()
                        + fewArguments(0)
                        + "; END IF; mark := pgtrickle_changes.lock_slots("
                        + id
                        + ", slots); "
                : "";
    }
}
