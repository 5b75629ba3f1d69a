package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The row of `pgt_change_tracking` of a source that is not a stream table.
///
/// @param columns the captured attributes, in the order of the buffer's row type
/// @param family what the triggers were installed for
/// @param compared whether it has a snapshot and no triggers
record Tracking(List<Integer> columns, Optional<String> family, boolean compared) {
    /// Stands in the catalog for the family of a source that is compared.
    static final String SNAPSHOT = "snapshot";

    Tracking {
        columns = List.copyOf(columns);
    }

    /// The row, locked; empty when the source is not captured.
    static Optional<Tracking> locked(Connection connection, Relation relation) throws SQLException {
        return Sql.first(
                connection,
                "SELECT captured_columns, family FROM pgtrickle.pgt_change_tracking WHERE buffer_name = ? FOR UPDATE",
                row ->
                        new Tracking(
                                numbers(row.getArray(1)),
                                Optional.ofNullable(row.getString(2)),
                                SNAPSHOT.equals(row.getString(2))),
                CaptureSql.of(relation).suffix());
    }

    private static List<Integer> numbers(Array array) throws SQLException {
        return Arrays.stream((Object[]) array.getArray())
                .map(value -> ((Number) value).intValue())
                .toList();
    }

    /// Stores what is captured from now on.
    ///
    /// @param name how the source's changes come, for people to read
    static void store(
            Connection connection,
            Relation relation,
            String name,
            Optional<String> family,
            List<CapturedColumn> columns)
            throws SQLException {
        Sql.update(
                connection,
                """
                INSERT INTO pgtrickle.pgt_change_tracking
                    (source_relid, buffer_name, slot_name, family, captured_columns)
                VALUES (CAST(? AS bigint)::oid, ?, ?, ?, ?)
                ON CONFLICT (buffer_name) DO UPDATE SET captured_columns = EXCLUDED.captured_columns,
                    slot_name = EXCLUDED.slot_name, family = EXCLUDED.family, compared_state = NULL
                """,
                relation.relid(),
                CaptureSql.of(relation).suffix(),
                name,
                family.orElse(null),
                connection.createArrayOf(
                        "int2", columns.stream().map(CapturedColumn::number).toArray()));
    }

    /// The state at which the source was compared last, an SQL expression of type `jsonb`.
    static String comparedState(Relation relation) {
        return "(SELECT t.compared_state FROM pgtrickle.pgt_change_tracking AS t WHERE t.buffer_name = "
                + Identifier.literal(CaptureSql.of(relation).suffix())
                + ")";
    }

    static void storeComparedState(Connection connection, Relation relation, String state)
            throws SQLException {
        Sql.update(
                connection,
                "UPDATE pgtrickle.pgt_change_tracking SET compared_state = CAST(? AS jsonb) WHERE buffer_name = ?",
                state,
                CaptureSql.of(relation).suffix());
    }

    /// Removes what was made for the source, to capture it in another way; its readers will
    /// recompute.
    static void restart(Connection connection, Relation relation) throws SQLException {
        Sql.executeAll(connection, CaptureSql.of(relation).drop());
        recomputeReaders(connection, relation);
    }

    /// Tells all readers of the source to recompute. A refresh of one that is running is waited
    /// for.
    static void recomputeReaders(Connection connection, Relation relation) throws SQLException {
        Sql.update(
                connection,
                """
                UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true WHERE pgt_id IN (
                    SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = ?)
                """,
                CaptureSql.of(relation).suffix());
    }
}
