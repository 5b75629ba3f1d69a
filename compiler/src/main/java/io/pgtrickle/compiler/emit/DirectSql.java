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
    /// 0 or 1 while nothing was captured since the outermost statement began, and no other has; 1
    /// for a late statement of its transaction.
    private static final String PLACE =
            "currval('pgtrickle_changes.outermost') - 2 * currval('pgtrickle_changes.change_ids')";

    /// Declares what [#attempt] needs.
    static final String VARIABLES =
            "pgt_place bigint; pgt_permit bigint; pgt_mark text; pgt_done boolean; ";

    /// PL/pgSQL that ends the trigger function when it has applied the row.
    ///
    /// @param columns the captured columns
    /// @param shape the condition that they are still what they were
    /// @param removed whether there is `old_rows`
    /// @param added whether there is `new_rows`
    String attempt(List<CapturedColumn> columns, String shape, boolean removed, boolean added) {
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
        String single =
                shape
                        + " AND NOT EXISTS (SELECT FROM "
                        + (added ? "new_rows" : "old_rows")
                        + " OFFSET 1)";
        String apply =
                rows.continuation(Target.plain(table), window, row).orElseThrow()
                        + " AND "
                        + single
                        + " AND (SELECT i.populated FROM pgtrickle.pgt_immediate AS i WHERE i.pgt_id = "
                        + id
                        + "); pgt_done := FOUND; IF NOT pgt_done THEN pgt_done := (SELECT "
                        + single
                        + " AND "
                        + rows.unchanged(window, row)
                        + "); END IF; ";
        return "pgt_place := "
                + PLACE
                + "; IF pgt_place IN (0, 1) AND has_table_privilege("
                + relation
                + "::oid, 'SELECT') IS NOT NULL THEN pgt_mark := set_config('pg_trickle.refreshing', 'at once', true);"
                + " pgt_permit := setval('pgtrickle_changes.permit', hashtextextended(pg_current_xact_id()::text, "
                + relation
                + ")); IF pgt_place = 1 THEN "
                + apply
                // For somebody to say which stream table it is about.
                + "ELSE BEGIN "
                + apply
                + "EXCEPTION WHEN serialization_failure OR deadlock_detected OR lock_not_available OR query_canceled THEN"
                + " RAISE; WHEN OTHERS THEN pgt_done := false; END; END IF;"
                + " pgt_permit := setval('pgtrickle_changes.permit', 0); IF pgt_done THEN"
                // Triggers of users may have written sources again.
                + " IF pgt_place = "
                + PLACE
                + " THEN pgt_place := setval('pgtrickle_changes.closed', currval('pgtrickle_changes.change_ids')); END IF;"
                + " RETURN NULL; END IF; END IF; ";
    }
}
