package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.PendingChanges.Bound;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Applies the only row that a statement has written straight from the transition tables of the
/// trigger that would capture it, where the one reader of the source is a grouping of mode
/// IMMEDIATE and the row belongs to one group that stays and is continued from its state.
///
/// Nothing else is read than that group, whose row the UPDATE locks. Where that is not so, nothing
/// is done, and the change is captured and applied as any other, unless the query has no use for
/// it.
///
/// @param rows the reader's query
/// @param source the source's OID
/// @param id the reader's catalog id
/// @param relation the OID of its table
/// @param table its table, quoted
/// @param settings `SET` clauses under which the statement means what it means in a refresh; empty
///   when it means that anyway
public record DirectSql(
        RowByRow rows, long source, long id, long relation, String table, String settings) {
    /// In so many statements of a transaction errors are caught, for somebody to say which stream
    /// table they are about: each makes a subtransaction.
    private static final int CAUGHT = 32;

    /// Declares what [#attempt] needs.
    static final String VARIABLES = "pgt_open record; pgt_mark text; pgt_done boolean; ";

    /// PL/pgSQL that ends the trigger function when it has applied the row.
    ///
    /// @param columns the captured columns
    /// @param removed whether there is `old_rows`
    /// @param added whether there is `new_rows`
    String attempt(List<CapturedColumn> columns, boolean removed, boolean added) {
        Map<Integer, String> names =
                columns.stream()
                        .collect(
                                Collectors.toMap(
                                        CapturedColumn::number,
                                        column -> Identifier.quote(column.name())));
        PendingChanges row =
                new PendingChanges(
                        source,
                        CaptureSql.ofTable(source),
                        "",
                        1,
                        1,
                        Optional.empty(),
                        Bound.CERTAIN);
        ChangeWindow window = new ChangeWindow.Written(names, removed, added);
        String apply =
                rows.continuation(Target.plain(table), window, row).orElseThrow()
                        + "; pgt_done := FOUND; IF NOT pgt_done THEN pgt_done := "
                        + rows.unchanged(window, row)
                        + "; END IF; ";
        return "pgt_open := pgtrickle_changes.alone("
                + id
                + ", "
                + relation
                + "); IF pgt_open.number IS NOT NULL THEN"
                + " pgt_mark := set_config('pg_trickle.refreshing', pgtrickle._token("
                + relation
                + "::oid), true); IF pgt_open.number > "
                + CAUGHT
                + " THEN "
                + apply
                + "ELSE BEGIN "
                + apply
                + "EXCEPTION WHEN serialization_failure OR deadlock_detected OR lock_not_available OR query_canceled THEN"
                + " RAISE; WHEN OTHERS THEN pgt_done := false; END; END IF;"
                + " pgt_mark := set_config('pg_trickle.refreshing', '', true); IF pgt_done THEN"
                // Triggers of users may have written sources again.
                + " IF currval('pgtrickle_changes.change_ids') = pgt_open.since THEN"
                + " INSERT INTO pgtrickle_changes.statements (depth, since, readers, number)"
                + " VALUES (0, pgt_open.since, pgt_open.readers, pgt_open.number); END IF;"
                + " RETURN NULL; END IF; END IF; ";
    }
}
