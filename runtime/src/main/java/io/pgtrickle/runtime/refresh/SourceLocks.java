package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.capture.Actors;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.Optional;

/// Keeps sources as they are while several statements read them.
///
/// Where these have one snapshot, there is nothing to do. Where each has a snapshot of its own, the
/// sources are locked against writers until the caller ends the transaction; the snapshots of
/// compared ones are by the lock of the comparison. Where the sources cannot be locked, for want of
/// rights, nothing may have been captured meanwhile.
///
/// @param before the snapshot from which on nothing may change, where not all could be locked
record SourceLocks(Session session, Definition definition, Optional<String> before) {

    /// Locks the sources of a stream table, as far as that is needed and possible.
    static SourceLocks take(Session session, Rights owner, Definition definition)
            throws SQLException {
        if (session.keepsSnapshot()) {
            return new SourceLocks(session, definition, Optional.empty());
        }
        session.execute("SET LOCAL lock_timeout = '10s'");
        boolean all = true;
        for (Relation source : definition.consumed()) {
            if (!source.compared()) {
                Optional<Session> locker = new Actors(session, owner).locker(source.relid());
                all &= locker.isPresent();
                if (locker.isPresent()) {
                    locker.get()
                            .execute("LOCK TABLE " + SnapshotSql.live(source) + " IN SHARE MODE");
                }
            }
        }
        return new SourceLocks(
                session,
                definition,
                all
                        ? Optional.empty()
                        : Optional.of(
                                session.one(
                                        "SELECT pg_current_snapshot()::text",
                                        it -> it.getString(1))));
    }

    /// Fails when another transaction has changed a source meanwhile.
    void requireQuiet() throws SQLException {
        if (before.isEmpty()) {
            return;
        }
        for (Relation source : definition.consumed()) {
            boolean written =
                    session.first(
                                    "SELECT EXISTS (SELECT FROM "
                                            + CaptureSql.of(source).buffer()
                                            + " AS b WHERE NOT pg_visible_in_snapshot(b.xid, CAST(? AS pg_snapshot))"
                                            + " AND b.xid <> pg_current_xact_id())",
                                    it -> it.getBoolean(1),
                                    before.get())
                            .orElse(true);
            if (written) {
                throw new SQLException(
                        source.displayName() + " was changed while it was read", "40001");
            }
        }
    }
}
