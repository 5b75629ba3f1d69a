package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;

/// Adapts a stream table to sources that have changed under it: partitions that came or went, a
/// view or a routine that was replaced, another key, columns that were altered.
///
/// Its query stays as it is. When that compiles to the same as before, and nothing that decides
/// about its rows has changed, no more is done. Else capture and hidden columns are made those of
/// the new definition, and the next refresh recomputes. Visible columns are the user's: where their
/// types have changed, an error says so.
final class Redefinition {
    private final Session session;
    private final StreamTableRow row;
    private final Definition definition;

    private Redefinition(Session session, StreamTableRow row, Definition definition) {
        this.session = session;
        this.row = row;
        this.definition = definition;
    }

    /// Adapts a stream table in the caller's transaction, which must be READ COMMITTED.
    static void apply(Session session, StreamTableRow row, Definition definition)
            throws SQLException {
        session.execute("SET LOCAL client_min_messages = warning");
        session.execute("SET LOCAL lock_timeout = '10s'");
        session.query(
                "SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ? FOR UPDATE",
                it -> it.getLong(1),
                row.id());
        new Redefinition(session, row, definition).apply();
    }

    private void apply() throws SQLException {
        requireMode();
        boolean otherCycles =
                Cycles.check(session, row, definition, definition.mode(row.requestedMode()));
        if (row.isImmediate()) {
            Immediate.lockWriters(
                    session,
                    row.owner(),
                    definition.consumed().stream().map(Relation::relid).toList());
        }
        boolean same =
                definition.fingerprint().equals(row.fingerprint())
                        && !SourceWatch.mayHaveOtherContents(session, row);
        Registration.capture(session, row.owner(), definition);
        StoredTable table = StoredTable.of(session, row);
        if (!table.hasVisibleColumnsOf(definition)) {
            throw changed()
                    .detail(
                            "The table has the columns "
                                    + table.visible()
                                    + ", its query "
                                    + StoredTable.visible(definition))
                    .hint("Alter the stream table with its query, or drop and create it.")
                    .build();
        }
        same &= !table.adapt(session, row, definition);
        session.update(
                """
                UPDATE pgtrickle.pgt_stream_tables SET refresh_mode = ?, full_reason = ?, refresh_costs = NULL, has_keyless_source = ?,
                    definition_fingerprint = ?, functions_used = ?, needs_reinit = needs_reinit OR ?, updated_at = now()
                WHERE pgt_id = ?
                """,
                definition.mode(row.requestedMode()),
                definition.fullReason().map(Diagnostic::reason).orElse(null),
                definition.hasKeylessSource(),
                definition.fingerprint(),
                Registration.routines(definition),
                !same,
                row.id());
        session.update("DELETE FROM pgtrickle.pgt_dependencies WHERE pgt_id = ?", row.id());
        Registration.recordDependencies(session, row.id(), definition);
        if (otherCycles) {
            Cycles.mark(session);
        }
        if (!same) {
            HiddenState.create(session.as(row.owner()), row.id(), definition.query());
        }
        if (row.isImmediate()) {
            Immediate.install(session, row.id(), definition);
        }
        if (row.partitioning().isPresent()) {
            Partitioning.protect(session.as(row.owner()), row.relation());
        }
        Upkeep.releaseUnusedCapture(session);
        Registration.watch(session, row.id(), definition);
        if (same) {
            recomputeIfOthersAreCalled();
        }
    }

    /// The same text can mean other objects than before: a better match among overloads.
    private void recomputeIfOthersAreCalled() throws SQLException {
        session.update(
                """
                UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true
                WHERE pgt_id = ? AND split_part(function_hashes, ':', 2) <> split_part(?, ':', 2)
                """,
                row.id(),
                row.watched().orElse(""));
    }

    private void requireMode() {
        String mode = row.requestedMode();
        boolean allowed =
                definition
                        .fullReason()
                        .map(it ->
                                switch (it.consequence()) {
                                    case RECOMPUTED, TOO_COMPLEX ->
                                            !mode.equals("DIFFERENTIAL")
                                                    && !mode.equals(Immediate.MODE);
                                    case UNDETERMINED -> mode.equals("FULL");
                                    case REFUSED -> false;
                                })
                        .orElse(true);
        if (!allowed) {
            throw changed()
                    .detail(
                            definition
                                            .fullReason()
                                            .map(Diagnostic::reason)
                                            .orElse("It can only be recomputed")
                                    + "; it was created for "
                                    + mode
                                    + " mode.")
                    .hint("Undo the change, or alter the stream table to another mode.")
                    .build();
        }
    }

    private PgTrickleException.Builder changed() {
        return PgTrickleException.of("42P17", "the sources of " + row.table() + " have changed");
    }
}
