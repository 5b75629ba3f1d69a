package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.DirectSql;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// Installs, extends and removes the capture of a source. All methods run in the caller's
/// transaction.
///
/// A source is captured once, whatever the number of stream tables that read it; the buffer has the
/// columns that any of them reads. Columns are only ever added: a reader that goes leaves them
/// until the last one goes.
public final class Capture {
    private Capture() {}

    /// Makes sure that these attributes of a source are captured from now on, on all tables that
    /// hold its rows. Where the tables were others before, the readers of the source are told to
    /// recompute.
    ///
    /// Takes SHARE ROW EXCLUSIVE on a table for new triggers, or where not everything was captured,
    /// so that no writer that began before is still open afterwards; a stream table's catalog row
    /// is locked, so that no refresh of it is.
    ///
    /// @param owner who reads it: may have rights on it that the session has not
    /// @param attributes attribute numbers with column definitions
    public static void require(
            Session session, Rights owner, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        if (relation.streamTableId().isPresent()) {
            requireStreamTable(session, relation, relation.streamTableId().get(), attributes);
        } else if (relation.compared()) {
            Snapshots.require(session, relation, attributes);
        } else {
            requireTable(new Actors(session, owner), relation, attributes);
        }
    }

    /// The SQL condition that a source is captured as it was arranged: the tables that hold its
    /// rows are those that have its triggers, and nobody has touched these.
    public static String unchanged(Relation relation) {
        if (relation.streamTableId().isPresent()) {
            return "true";
        }
        return "pgtrickle.capture_intact("
                + Identifier.literal(CaptureSql.of(relation).suffix())
                + ", "
                + relation.relid()
                + ")";
    }

    private static void requireTable(
            Actors actors, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        Session session = actors.session();
        boolean first = Tracking.claim(session, relation);
        Family family = Family.of(actors, relation);
        if (!first && isComplete(session, relation, attributes, family)) {
            return;
        }
        Optional<Tracking> tracked = first ? Optional.empty() : Tracking.locked(session, relation);
        if (tracked.isEmpty()
                || !tracked.get().isValid()
                || tracked.get().direct()
                || !tracked.get().family().equals(family.text())) {
            boolean locked = lock(actors, relation);
            if (!locked && tracked.filter(Tracking::direct).isPresent()) {
                throw cannotLock(relation);
            }
            tracked = first ? Optional.empty() : Tracking.locked(session, relation);
            family = Family.of(actors, relation);
        }
        List<Integer> captured = tracked.map(Tracking::columns).orElse(List.of());
        if (tracked.isPresent() && !tracked.get().isValid()) {
            Tracking.restart(session, relation);
            tracked = Optional.empty();
        }
        List<CapturedColumn> added = missing(relation, attributes, captured);
        List<CapturedColumn> columns = new ArrayList<>(columns(relation, captured));
        columns.addAll(added);
        CaptureSql sql = CaptureSql.of(relation);
        if (tracked.isEmpty()) {
            session.executeAll(sql.createBuffer(columns));
        } else if (!added.isEmpty()) {
            extendBuffer(session, sql, added);
        }
        boolean moved = tracked.isEmpty() || !tracked.get().family().equals(family.text());
        boolean direct = tracked.isPresent() && tracked.get().direct();
        if (moved || direct || !added.isEmpty()) {
            Triggers triggers = new Triggers(actors, sql);
            if (moved && triggers.leavesOthersTables(family)) {
                session.executeAll(sql.dropFunctions());
            }
            session.executeAll(
                    sql.functions(
                            family.level(),
                            columns,
                            family.partitionKey(),
                            shape(session, relation, columns),
                            Optional.empty()));
            triggers.install(family);
            Tracking.store(session, relation, sql.trigger("ins"), family.text(), columns);
        }
        if (moved && tracked.isPresent()) {
            Tracking.recomputeReaders(session, relation);
        }
    }

    private static boolean isComplete(
            Session session,
            Relation relation,
            SortedMap<Integer, String> attributes,
            Family family)
            throws SQLException {
        return Tracking.kept(
                        session,
                        relation,
                        it ->
                                it.isValid()
                                        && !it.direct()
                                        && it.family().equals(family.text())
                                        && missing(relation, attributes, it.columns()).isEmpty())
                .isPresent();
    }

    /// Has single rows of a source applied by the triggers that would capture them, or not any
    /// more. Not when another stream table reads the source, or is about to; the next one that does
    /// has them captured again: [#require].
    ///
    /// Nobody writes the source until the transaction ends.
    ///
    /// @param owner whose stream table reads it
    /// @param direct how they are applied; empty for not at all
    public static void applyAtOnce(
            Session session, Rights owner, Relation relation, Optional<DirectSql> direct)
            throws SQLException {
        if (relation.streamTableId().isPresent() || relation.compared()) {
            return;
        }
        Optional<Tracking> tracked =
                direct.isPresent()
                        ? Tracking.alone(session, relation)
                        : Tracking.locked(session, relation);
        if (tracked.isEmpty()) {
            return;
        }
        Family family = Family.of(new Actors(session, owner), relation);
        boolean wanted =
                direct.isPresent()
                        && tracked.get().isValid()
                        && tracked.get().family().equals(family.text())
                        && family.level() == CaptureSql.Level.STATEMENT
                        && family.partitionKey().isEmpty()
                        && Tracking.hasOneReader(session, relation);
        if (!wanted && !tracked.get().direct()) {
            return;
        }
        List<CapturedColumn> columns = columns(relation, tracked.get().columns());
        session.executeAll(
                CaptureSql.of(relation)
                        .functions(
                                family.level(),
                                columns,
                                family.partitionKey(),
                                shape(session, relation, columns),
                                direct.filter(_ -> wanted)));
        Tracking.storeDirect(session, relation, wanted);
    }

    private static CaptureSql.Shape shape(
            Session session, Relation relation, List<CapturedColumn> columns) throws SQLException {
        return new CaptureSql.Shape(
                relation.relid(),
                session.one(
                        "SELECT " + CaptureSql.shape(relation.relid(), columns),
                        row -> row.getString(1)));
    }

    /// Who may neither write to the table nor owns it cannot lock it; creating the triggers does.
    /// What others begin meanwhile fails when it makes the same objects.
    private static boolean lock(Actors actors, Relation relation) throws SQLException {
        Optional<Session> locker = actors.locker(relation.relid());
        if (locker.isPresent()) {
            locker.get()
                    .execute(
                            "LOCK TABLE "
                                    + SnapshotSql.live(relation)
                                    + " IN SHARE ROW EXCLUSIVE MODE");
        }
        return locker.isPresent();
    }

    private static PgTrickleException cannotLock(Relation relation) {
        return PgTrickleException.of(
                        "42501", "permission denied to lock table " + relation.displayName())
                .detail(
                        "A stream table of mode IMMEDIATE has single rows of it applied by its triggers. To capture them,"
                                + " writers must be waited for.")
                .hint(
                        "GRANT UPDATE, DELETE or TRUNCATE ON "
                                + relation.displayName()
                                + " to the role that installed pg_trickle.")
                .build();
    }

    /// A writer that has captured rows without the new columns holds a lock on the buffer until it
    /// ends, also when it captured nothing; one that has not yet will call the new functions. So
    /// the table itself needs no lock.
    static void extendBuffer(Session session, CaptureSql sql, List<CapturedColumn> added)
            throws SQLException {
        session.execute("LOCK TABLE " + sql.buffer() + " IN ACCESS EXCLUSIVE MODE");
        session.executeAll(sql.extendBuffer(added));
    }

    private static void requireStreamTable(
            Session session, Relation relation, long id, SortedMap<Integer, String> attributes)
            throws SQLException {
        CaptureSql sql = CaptureSql.ofStreamTable(id);
        Optional<List<String>> captured =
                session.first(
                                "SELECT captured_columns FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ? FOR UPDATE",
                                row -> row.optionalStrings(1),
                                id)
                        .flatMap(it -> it);
        List<Integer> present =
                captured.orElse(List.of()).stream().map(name -> number(relation, name)).toList();
        List<CapturedColumn> added = missing(relation, attributes, present);
        if (captured.isPresent() && added.isEmpty()) {
            return;
        }
        List<CapturedColumn> columns = new ArrayList<>(columns(relation, present));
        columns.addAll(added);
        if (captured.isEmpty()) {
            session.executeAll(sql.createBuffer(columns));
        } else {
            session.executeAll(sql.extendBuffer(added));
        }
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET captured_columns = ? WHERE pgt_id = ?",
                new Session.ArrayOf("text", columns.stream().map(CapturedColumn::name).toList()),
                id);
    }

    private static int number(Relation relation, String name) {
        return relation.columns().stream()
                .filter(column -> column.name().equals(name))
                .findFirst()
                .orElseThrow()
                .number();
    }

    static List<CapturedColumn> missing(
            Relation relation, SortedMap<Integer, String> attributes, List<Integer> captured) {
        return columns(
                relation,
                attributes.keySet().stream().filter(it -> !captured.contains(it)).toList());
    }

    static List<CapturedColumn> columns(Relation relation, List<Integer> numbers) {
        return numbers.stream()
                .flatMap(number ->
                        relation.columns().stream().filter(column -> column.number() == number))
                .map(column ->
                        new CapturedColumn(column.number(), column.name(), column.definition()))
                .toList();
    }

    /// Removes the capture of sources that no stream table consumes any more.
    ///
    /// The candidates are locked by a statement of their own: a creation that holds such a row may
    /// add a reader, and only the snapshot of the next statement is sure to see it.
    public static void releaseUnused(Session session) throws SQLException {
        session.query(
                """
                SELECT t.buffer_name FROM pgtrickle.captured_sources t WHERE NOT EXISTS (
                    SELECT FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name)
                ORDER BY t.buffer_name FOR UPDATE
                """,
                row -> row.getString(1));
        session.query(
                """
                SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
                WHERE s.captured_columns IS NOT NULL AND s.refresh_mode <> 'IMMEDIATE' AND NOT EXISTS (
                    SELECT FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL)
                ORDER BY s.pgt_id FOR UPDATE
                """,
                row -> row.getLong(1));
        List<String> tables =
                session.query(
                        """
                        DELETE FROM pgtrickle.captured_sources t WHERE NOT EXISTS (
                            SELECT FROM pgtrickle.pgt_dependencies d
                            WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name)
                        RETURNING t.buffer_name
                        """,
                        row -> row.getString(1));
        for (String suffix : tables) {
            session.executeAll(new CaptureSql(suffix).drop());
        }
        List<Long> streamTables =
                session.query(
                        """
                        UPDATE pgtrickle.pgt_stream_tables s SET captured_columns = NULL
                        WHERE s.captured_columns IS NOT NULL AND s.refresh_mode <> 'IMMEDIATE' AND NOT EXISTS (
                            SELECT FROM pgtrickle.pgt_dependencies d
                            WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL)
                        RETURNING s.pgt_id
                        """,
                        row -> row.getLong(1));
        for (long id : streamTables) {
            session.executeAll(CaptureSql.ofStreamTable(id).drop());
        }
    }
}
