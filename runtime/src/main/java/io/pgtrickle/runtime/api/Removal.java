package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.HiddenState;
import io.pgtrickle.runtime.refresh.Immediate;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Drops stream tables and uninstalls.
final class Removal {
    private Removal() {}

    static void drop(Session session, String name, DropBehavior behavior) throws SQLException {
        session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    it.execute("SET LOCAL client_min_messages = warning");
                    it.execute("SET LOCAL lock_timeout = '30s'");
                    dropWithReaders(
                            it, StreamTableLookup.findOwned(it, name), behavior, new HashSet<>());
                    Upkeep.releaseUnusedCapture(it);
                    return true;
                });
    }

    /// @param dropped the ids of those that are being dropped: they may read each other
    private static void dropWithReaders(
            Session session, StreamTableRow row, DropBehavior behavior, Set<Long> dropped)
            throws SQLException {
        if (!dropped.add(row.id())) {
            return;
        }
        List<Long> readers =
                session.query(
                        "SELECT pgt_id FROM pgtrickle.pgt_dependencies WHERE source_relid = CAST(? AS bigint)::oid"
                                + " AND pgt_id <> ? ORDER BY pgt_id",
                        it -> it.getLong(1),
                        row.relation(),
                        row.id());
        if (!readers.isEmpty() && behavior == DropBehavior.RESTRICT) {
            throw PgTrickleException.of(
                            "2BP01",
                            "cannot drop stream table " + row.table() + " because others read it")
                    .detail("Read by: " + names(session, readers) + ".")
                    .hint("Drop those first, or drop with CASCADE.")
                    .build();
        }
        for (long reader : readers) {
            Optional<StreamTableRow> present = StreamTableRow.byId(session, reader);
            if (present.isPresent()) {
                StreamTableLookup.requireOwner(session, present.get());
                dropWithReaders(session, present.get(), behavior, dropped);
            }
        }
        remove(session, row, behavior);
    }

    private static String names(Session session, List<Long> ids) throws SQLException {
        StringBuilder names = new StringBuilder();
        for (long id : ids) {
            names.append(names.isEmpty() ? "" : ", ")
                    .append(StreamTableRow.byId(session, id).orElseThrow().table());
        }
        return names.toString();
    }

    /// Removes one stream table: waits for a running refresh, then drops catalog row, storage and
    /// buffer.
    static void remove(Session session, StreamTableRow row, DropBehavior behavior)
            throws SQLException {
        session.update("DELETE FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ?", row.id());
        boolean stored =
                session.first(
                                "SELECT true FROM pg_class WHERE oid = CAST(? AS bigint)::oid",
                                it -> it.getBoolean(1),
                                row.relation())
                        .orElse(false);
        OwnDdl.begin(session);
        if (stored) {
            session.as(row.owner())
                    .execute(
                            "DROP TABLE "
                                    + row.table()
                                    + (behavior == DropBehavior.CASCADE ? " CASCADE" : ""));
        }
        HiddenState.drop(session, row.id());
        if (row.isImmediate()) {
            Immediate.remove(session, row.id());
        }
        session.executeAll(CaptureSql.ofStreamTable(row.id()).drop());
        OwnDdl.end(session);
    }

    static void uninstall(Session session) throws SQLException {
        if (Installer.installedVersion(session).isEmpty()) {
            return;
        }
        session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    it.execute("SET LOCAL client_min_messages = warning");
                    Upkeep.tidy(it);
                    List<Long> ids =
                            it.query(
                                    "SELECT pgt_id FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id DESC",
                                    row -> row.getLong(1));
                    for (long id : ids) {
                        Optional<StreamTableRow> row = StreamTableRow.byId(it, id);
                        if (row.isPresent()) {
                            dropWithReaders(it, row.get(), DropBehavior.CASCADE, new HashSet<>());
                        }
                    }
                    Upkeep.releaseUnusedCapture(it);
                    Installer.dropSchemas(it);
                    return true;
                });
    }
}
