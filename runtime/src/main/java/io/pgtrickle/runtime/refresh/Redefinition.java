package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.StoredColumn;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

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

    /// A column as it is stored.
    private record Existing(String name, String type) {
        @Override
        public String toString() {
            return name + " " + type;
        }
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
        same &= !adaptColumns();
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
        if (!same) {
            HiddenState.create(session.as(row.owner()), row.id(), definition.query());
        }
        if (row.isImmediate()) {
            Immediate.install(session, row.id(), definition);
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

    /// Whether there was something to adapt.
    private boolean adaptColumns() throws SQLException {
        List<Existing> existing =
                session.query(
                        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid ="
                                + " CAST(? AS bigint)::oid AND a.attnum > 1 AND NOT a.attisdropped ORDER BY a.attnum",
                        it -> new Existing(it.getString(1), it.getString(2)),
                        row.relation());
        List<StoredColumn> columns = definition.query().storage().columns();
        List<Existing> wanted =
                columns.stream().map(it -> new Existing(it.name(), it.type().sqlName())).toList();
        if (!visible(existing).equals(visible(wanted))) {
            throw changed()
                    .detail(
                            "The table has the columns "
                                    + visible(existing)
                                    + ", its query "
                                    + visible(wanted))
                    .hint("Alter the stream table with its query, or drop and create it.")
                    .build();
        }
        String alter = "ALTER TABLE " + row.table() + " ";
        Session owner = session.as(row.owner());
        for (Existing column : existing) {
            if (!wanted.contains(column)) {
                owner.execute(alter + "DROP COLUMN " + Identifier.quote(column.name()));
            }
        }
        for (Existing column : wanted) {
            if (!existing.contains(column)) {
                owner.execute(
                        alter
                                + "ADD COLUMN "
                                + Identifier.quote(column.name())
                                + " "
                                + column.type());
            }
        }
        return !existing.equals(wanted);
    }

    private static List<Existing> visible(List<Existing> columns) {
        return columns.stream().filter(it -> CompiledQuery.isVisible(it.name())).toList();
    }
}
