package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Array;
import java.sql.Connection;
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
    /// Takes SHARE ROW EXCLUSIVE on a table for new triggers, so that no writer that began before
    /// is still open afterwards; a stream table's catalog row is locked, so that no refresh of it
    /// is.
    ///
    /// @param attributes attribute numbers with column definitions
    public static void require(
            Connection connection, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        if (relation.streamTableId().isPresent()) {
            requireStreamTable(connection, relation, relation.streamTableId().get(), attributes);
        } else if (relation.compared()) {
            Snapshots.require(connection, relation, attributes);
        } else {
            requireTable(connection, relation, attributes);
        }
    }

    /// The SQL condition that the tables that hold a source's rows are those that have its
    /// triggers. Costs two look-ups for a table without partitions or children.
    public static String unchanged(Relation relation) {
        if (relation.only() || relation.compared() || relation.streamTableId().isPresent()) {
            return "true";
        }
        String related =
                "EXISTS (SELECT FROM pg_inherits AS h WHERE h.%s = " + relation.relid() + ")";
        return "(CASE WHEN "
                + related.formatted("inhrelid")
                + " OR "
                + related.formatted("inhparent")
                + " THEN pgtrickle.family("
                + relation.relid()
                + ") END) IS NOT DISTINCT FROM (SELECT t.family FROM pgtrickle.pgt_change_tracking AS t WHERE t.buffer_name = "
                + Identifier.literal(CaptureSql.of(relation).suffix())
                + ")";
    }

    private static void requireTable(
            Connection connection, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        Optional<Tracking> tracked = Tracking.locked(connection, relation);
        Family family = Family.of(connection, relation);
        if (tracked.isEmpty() || !tracked.get().family().equals(family.text())) {
            Sql.execute(
                    connection,
                    "LOCK TABLE " + SnapshotSql.live(relation) + " IN SHARE ROW EXCLUSIVE MODE");
            tracked = Tracking.locked(connection, relation);
            family = Family.of(connection, relation);
        }
        if (tracked.isPresent() && tracked.get().compared()) {
            Tracking.restart(connection, relation);
            tracked = Optional.empty();
        }
        List<Integer> captured = tracked.map(Tracking::columns).orElse(List.of());
        List<CapturedColumn> added = missing(relation, attributes, captured);
        List<CapturedColumn> columns = new ArrayList<>(columns(relation, captured));
        columns.addAll(added);
        CaptureSql sql = CaptureSql.of(relation);
        if (tracked.isEmpty()) {
            Sql.executeAll(connection, sql.createBuffer(columns));
        } else if (!added.isEmpty()) {
            extendBuffer(connection, sql, added);
        }
        boolean moved = tracked.isEmpty() || !tracked.get().family().equals(family.text());
        if (moved || !added.isEmpty()) {
            Triggers triggers = new Triggers(connection, sql);
            if (moved && triggers.leavesOthersTables(family)) {
                Sql.executeAll(connection, sql.dropFunctions());
            }
            Sql.executeAll(
                    connection, sql.functions(family.level(), columns, family.partitionKey()));
            triggers.install(family);
            Tracking.store(connection, relation, sql.trigger("ins"), family.text(), columns);
        }
        if (moved && tracked.isPresent()) {
            Tracking.recomputeReaders(connection, relation);
        }
    }

    /// A writer that has captured rows without the new columns holds a lock on the buffer until it
    /// ends, also when it captured nothing; one that has not yet will call the new functions. So
    /// the table itself needs no lock.
    static void extendBuffer(Connection connection, CaptureSql sql, List<CapturedColumn> added)
            throws SQLException {
        Sql.execute(connection, "LOCK TABLE " + sql.buffer() + " IN ACCESS EXCLUSIVE MODE");
        Sql.executeAll(connection, sql.extendBuffer(added));
    }

    private static void requireStreamTable(
            Connection connection,
            Relation relation,
            long id,
            SortedMap<Integer, String> attributes)
            throws SQLException {
        CaptureSql sql = CaptureSql.ofStreamTable(id);
        Optional<List<String>> captured =
                Sql.first(
                                connection,
                                "SELECT captured_columns FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ? FOR UPDATE",
                                row -> Optional.ofNullable(row.getArray(1)).map(Capture::texts),
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
            Sql.executeAll(connection, sql.createBuffer(columns));
        } else {
            Sql.executeAll(connection, sql.extendBuffer(added));
        }
        Sql.update(
                connection,
                "UPDATE pgtrickle.pgt_stream_tables SET captured_columns = ? WHERE pgt_id = ?",
                connection.createArrayOf(
                        "text", columns.stream().map(CapturedColumn::name).toArray()),
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

    private static List<String> texts(Array array) {
        try {
            return List.of((String[]) array.getArray());
        } catch (SQLException e) {
            throw new IllegalStateException("unreadable array", e);
        }
    }

    /// Removes the capture of sources that no stream table consumes any more.
    ///
    /// The candidates are locked by a statement of their own: a creation that holds such a row may
    /// add a reader, and only the snapshot of the next statement is sure to see it.
    public static void releaseUnused(Connection connection) throws SQLException {
        Sql.query(
                connection,
                """
                SELECT t.buffer_name FROM pgtrickle.pgt_change_tracking t WHERE NOT EXISTS (
                    SELECT FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name)
                ORDER BY t.buffer_name FOR UPDATE
                """,
                row -> row.getString(1));
        Sql.query(
                connection,
                """
                SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
                WHERE s.captured_columns IS NOT NULL AND NOT EXISTS (
                    SELECT FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL)
                ORDER BY s.pgt_id FOR UPDATE
                """,
                row -> row.getLong(1));
        List<String> tables =
                Sql.query(
                        connection,
                        """
                        DELETE FROM pgtrickle.pgt_change_tracking t WHERE NOT EXISTS (
                            SELECT FROM pgtrickle.pgt_dependencies d
                            WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name)
                        RETURNING t.buffer_name
                        """,
                        row -> row.getString(1));
        for (String suffix : tables) {
            Sql.executeAll(connection, new CaptureSql(suffix).drop());
        }
        List<Long> streamTables =
                Sql.query(
                        connection,
                        """
                        UPDATE pgtrickle.pgt_stream_tables s SET captured_columns = NULL
                        WHERE s.captured_columns IS NOT NULL AND NOT EXISTS (
                            SELECT FROM pgtrickle.pgt_dependencies d
                            WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL)
                        RETURNING s.pgt_id
                        """,
                        row -> row.getLong(1));
        for (long id : streamTables) {
            Sql.executeAll(connection, CaptureSql.ofStreamTable(id).drop());
        }
    }
}
