package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// Sources whose changes are found by comparing them with a stored snapshot. All methods run in the
/// caller's transaction, which must be READ COMMITTED.
public final class Snapshots {
    /// The class of the advisory locks under which snapshots are made: these relations cannot be
    /// locked themselves.
    private static final int LOCK = 0x70677473;

    private Snapshots() {}

    /// Compares a source with its snapshot; what is different becomes pending changes.
    ///
    /// @return the number of rows that differ
    public static long compare(Session session, Relation relation) throws SQLException {
        Optional<Tracking> tracked = Tracking.locked(session, relation);
        if (tracked.isEmpty() || !tracked.get().compared()) {
            // Captured in another way since it was looked at; the refresh will see that.
            return 0;
        }
        SnapshotSql sql = new SnapshotSql(relation, columns(relation, tracked.get().columns()));
        if (relation.kind() != Relation.Kind.MATERIALIZED_VIEW) {
            return session.one(sql.compare(), row -> row.getLong(1));
        }
        Seen seen =
                session.one(
                        sql.unchanged(Tracking.comparedState(relation)),
                        row -> new Seen(row.getString(1), row.getBoolean(2)));
        if (seen.unchanged()) {
            return 0;
        }
        long different = session.one(sql.compare(), row -> row.getLong(1));
        Tracking.storeComparedState(session, relation, seen.state());
        return different;
    }

    /// What a look at a materialized view says. The state is from before it is compared: what
    /// changes in between is compared again the next time.
    private record Seen(String state, boolean unchanged) {}

    static void require(Session session, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        session.query(
                "SELECT pg_advisory_xact_lock(?, CAST(CAST(? AS bigint) & 2147483647 AS int))::text",
                row -> row.getString(1),
                LOCK,
                relation.relid());
        Optional<Tracking> tracked = Tracking.locked(session, relation);
        List<Integer> captured = tracked.map(Tracking::columns).orElse(List.of());
        if (tracked.isPresent() && !(tracked.get().compared() && tracked.get().intact())) {
            Tracking.restart(session, relation);
            tracked = Optional.empty();
        }
        List<CapturedColumn> added = Capture.missing(relation, attributes, captured);
        if (tracked.isPresent() && added.isEmpty()) {
            return;
        }
        List<CapturedColumn> columns = new ArrayList<>(Capture.columns(relation, captured));
        columns.addAll(added);
        SnapshotSql snapshot =
                new SnapshotSql(
                        relation,
                        columns(relation, columns.stream().map(CapturedColumn::number).toList()));
        CaptureSql sql = CaptureSql.of(relation);
        if (tracked.isEmpty()) {
            session.executeAll(sql.createBuffer(columns));
            session.execute(snapshot.create());
        } else {
            Capture.extendBuffer(session, sql, added);
            session.executeAll(snapshot.recreate());
            session.execute(sql.markTruncated());
        }
        String name =
                (relation.kind() == Relation.Kind.MATERIALIZED_VIEW
                                ? "matview_poll_"
                                : "foreign_poll_")
                        + sql.suffix();
        Tracking.store(session, relation, name, Optional.of(Tracking.SNAPSHOT), columns);
    }

    private static List<RelationColumn> columns(Relation relation, List<Integer> numbers) {
        return numbers.stream()
                .flatMap(number ->
                        relation.columns().stream().filter(column -> column.number() == number))
                .toList();
    }
}
