package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
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

    /// The buffer of a source.
    public static CaptureSql of(Relation relation) {
        return relation.streamTableId()
                .map(CaptureSql::ofStreamTable)
                .orElseGet(() -> CaptureSql.ofTable(relation.oid()));
    }

    /// Makes sure that these attributes of a source are captured from now on.
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
        } else {
            requireTable(connection, relation, attributes);
        }
    }

    private static void requireTable(
            Connection connection, Relation relation, SortedMap<Integer, String> attributes)
            throws SQLException {
        Optional<List<Integer>> captured = captured(connection, relation);
        if (captured.isEmpty()) {
            String table = Identifier.quote(relation.schema(), relation.name());
            Sql.execute(connection, "LOCK TABLE " + table + " IN SHARE ROW EXCLUSIVE MODE");
            captured = captured(connection, relation);
        }
        List<CapturedColumn> added = missing(relation, attributes, captured.orElse(List.of()));
        if (captured.isPresent() && added.isEmpty()) {
            return;
        }
        List<CapturedColumn> columns =
                new ArrayList<>(columns(relation, captured.orElse(List.of())));
        columns.addAll(added);
        if (captured.isPresent()) {
            extend(connection, relation, columns, added);
        } else {
            install(connection, relation, columns);
        }
        Sql.update(
                connection,
                """
                INSERT INTO pgtrickle.pgt_change_tracking (source_relid, slot_name, captured_columns)
                VALUES (CAST(? AS bigint)::oid, ?, ?)
                ON CONFLICT (source_relid) DO UPDATE SET captured_columns = EXCLUDED.captured_columns
                """,
                relation.oid(),
                CaptureSql.ofTable(relation.oid()).trigger("ins"),
                connection.createArrayOf(
                        "int2", columns.stream().map(CapturedColumn::number).toArray()));
    }

    /// The captured attributes of a table, locked; empty when it is not captured.
    private static Optional<List<Integer>> captured(Connection connection, Relation relation)
            throws SQLException {
        return Sql.first(
                connection,
                "SELECT captured_columns FROM pgtrickle.pgt_change_tracking WHERE source_relid = CAST(? AS bigint)::oid"
                        + " FOR UPDATE",
                row -> numbers(row.getArray(1)),
                relation.oid());
    }

    private static void install(
            Connection connection, Relation relation, List<CapturedColumn> columns)
            throws SQLException {
        CaptureSql sql = CaptureSql.ofTable(relation.oid());
        String table = Identifier.quote(relation.schema(), relation.name());
        Sql.executeAll(connection, sql.createBuffer(columns));
        Sql.executeAll(connection, sql.functions(columns));
        Sql.executeAll(connection, sql.triggers(table));
        enableAlways(connection, relation, sql.enableAlways(table));
    }

    /// A writer that has captured rows without the new columns holds a lock on the buffer until it
    /// ends, also when it captured nothing; one that has not yet will call the new functions. So
    /// the table itself needs no lock.
    private static void extend(
            Connection connection,
            Relation relation,
            List<CapturedColumn> columns,
            List<CapturedColumn> added)
            throws SQLException {
        CaptureSql sql = CaptureSql.ofTable(relation.oid());
        Sql.execute(connection, "LOCK TABLE " + sql.buffer() + " IN ACCESS EXCLUSIVE MODE");
        Sql.executeAll(connection, sql.extendBuffer(added));
        Sql.executeAll(connection, sql.functions(columns));
    }

    private static void enableAlways(Connection connection, Relation relation, String statement)
            throws SQLException {
        boolean owner =
                Sql.first(
                                connection,
                                "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = CAST(? AS bigint)::oid",
                                row -> row.getBoolean(1),
                                relation.oid())
                        .orElse(false);
        if (owner) {
            Sql.execute(connection, statement);
        }
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

    private static List<CapturedColumn> missing(
            Relation relation, SortedMap<Integer, String> attributes, List<Integer> captured) {
        return columns(
                relation,
                attributes.keySet().stream().filter(it -> !captured.contains(it)).toList());
    }

    private static List<CapturedColumn> columns(Relation relation, List<Integer> numbers) {
        return numbers.stream()
                .flatMap(number ->
                        relation.columns().stream().filter(column -> column.number() == number))
                .map(column ->
                        new CapturedColumn(column.number(), column.name(), column.definition()))
                .toList();
    }

    private static List<Integer> numbers(Array array) throws SQLException {
        return Arrays.stream((Object[]) array.getArray())
                .map(value -> ((Number) value).intValue())
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
                SELECT t.source_relid::bigint FROM pgtrickle.pgt_change_tracking t WHERE NOT EXISTS (
                    SELECT FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = t.source_relid AND d.buffer_name IS NOT NULL)
                ORDER BY t.source_relid FOR UPDATE
                """,
                row -> row.getLong(1));
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
        List<Long> tables =
                Sql.query(
                        connection,
                        """
                        DELETE FROM pgtrickle.pgt_change_tracking t WHERE NOT EXISTS (
                            SELECT FROM pgtrickle.pgt_dependencies d
                            WHERE d.source_relid = t.source_relid AND d.buffer_name IS NOT NULL)
                        RETURNING t.source_relid::bigint
                        """,
                        row -> row.getLong(1));
        for (long oid : tables) {
            Sql.executeAll(connection, CaptureSql.ofTable(oid).drop());
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
