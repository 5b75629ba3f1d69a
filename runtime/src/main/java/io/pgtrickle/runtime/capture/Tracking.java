package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.CapturedColumn;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The row of `captured_sources` of a source that is not a stream table.
///
/// @param columns the captured attributes, in the order of the buffer's row type
/// @param family what the triggers were installed for
/// @param compared whether it has a snapshot and no triggers
/// @param intact whether its columns and its triggers are as they were arranged: where they are
///   not, changes may have been lost
/// @param direct whether its only reader has changes applied that are not captured
record Tracking(
        List<Integer> columns,
        Optional<String> family,
        boolean compared,
        boolean intact,
        boolean direct) {
    /// Stands in the catalog for the family of a source that is compared.
    static final String SNAPSHOT = "snapshot";

    Tracking {
        columns = List.copyOf(columns);
    }

    /// How the row is locked: not at all; so that it stays what it is; so that the session may
    /// change it.
    private enum Lock {
        NONE(""),
        SHARE("FOR KEY SHARE"),
        UPDATE("FOR UPDATE"),
        /// Not when others hold it, who may be about to read the source.
        ALONE("FOR UPDATE SKIP LOCKED");

        private final String sql;

        Lock(String sql) {
            this.sql = sql;
        }
    }

    /// Takes it upon the transaction to arrange the capture of a source that is not captured.
    /// Whoever else is about to is waited for, and nobody else once that is done: creations after
    /// the first do not wait for each other.
    ///
    /// @return false when the source is captured
    static boolean claim(Session session, Relation relation) throws SQLException {
        return session.update(
                        """
                        INSERT INTO pgtrickle.captured_sources (source_relid, buffer_name, slot_name, captured_columns)
                        VALUES (CAST(? AS bigint)::oid, ?, '', '{}') ON CONFLICT (buffer_name) DO NOTHING
                        """,
                        relation.relid(),
                        CaptureSql.of(relation).suffix())
                == 1;
    }

    /// The row where it satisfies a condition, and stays as it is until the transaction ends.
    static Optional<Tracking> kept(
            Session session, Relation relation, Predicate<Tracking> condition) throws SQLException {
        return read(session, relation, Lock.NONE).filter(condition).isEmpty()
                ? Optional.empty()
                : read(session, relation, Lock.SHARE).filter(condition);
    }

    /// The row, locked; empty when the source is not captured.
    static Optional<Tracking> locked(Session session, Relation relation) throws SQLException {
        return read(session, relation, Lock.UPDATE);
    }

    /// The row, locked, where nobody else is about to arrange something for the source.
    static Optional<Tracking> alone(Session session, Relation relation) throws SQLException {
        return read(session, relation, Lock.ALONE);
    }

    private static Optional<Tracking> read(Session session, Relation relation, Lock lock)
            throws SQLException {
        return session.first(
                """
                SELECT t.captured_columns, t.family,
                       t.shape IS NOT DISTINCT FROM pgtrickle_changes.shape(t.source_relid, t.captured_columns)
                       AND (t.family IS NOT DISTINCT FROM 'snapshot'
                            OR t.triggers IS NOT DISTINCT FROM pgtrickle.trigger_state(t.buffer_name, t.source_relid, t.family)),
                       t.direct
                FROM pgtrickle.captured_sources t WHERE t.buffer_name = ? \
                """
                        + lock.sql,
                row ->
                        new Tracking(
                                row.longs(1).stream().map(Math::toIntExact).toList(),
                                row.optionalString(2),
                                row.optionalString(2).filter(SNAPSHOT::equals).isPresent(),
                                row.getBoolean(3),
                                row.getBoolean(4)),
                CaptureSql.of(relation).suffix());
    }

    /// Whether triggers capture it, and have done so since they were installed.
    boolean isValid() {
        return !compared && intact;
    }

    /// Stores what is captured from now on.
    ///
    /// @param name how the source's changes come, for people to read
    static void store(
            Session session,
            Relation relation,
            String name,
            Optional<String> family,
            List<CapturedColumn> columns)
            throws SQLException {
        session.update(
                """
                INSERT INTO pgtrickle.captured_sources
                    (source_relid, buffer_name, slot_name, family, captured_columns)
                VALUES (CAST(? AS bigint)::oid, ?, ?, ?, ?)
                ON CONFLICT (buffer_name) DO UPDATE SET captured_columns = EXCLUDED.captured_columns,
                    slot_name = EXCLUDED.slot_name, family = EXCLUDED.family, compared_state = NULL, direct = false
                """,
                relation.relid(),
                CaptureSql.of(relation).suffix(),
                name,
                family.orElse(null),
                new Session.ArrayOf("int2", columns.stream().map(CapturedColumn::number).toList()));
        session.update(
                """
                UPDATE pgtrickle.captured_sources t SET
                    triggers = CASE WHEN t.family IS DISTINCT FROM 'snapshot'
                        THEN pgtrickle.trigger_state(t.buffer_name, t.source_relid, t.family) END,
                    shape = pgtrickle_changes.shape(t.source_relid, t.captured_columns)
                WHERE t.buffer_name = ?
                """,
                CaptureSql.of(relation).suffix());
    }

    /// Stores whether some changes are applied by the triggers and not captured.
    static void storeDirect(Session session, Relation relation, boolean direct)
            throws SQLException {
        session.update(
                "UPDATE pgtrickle.captured_sources SET direct = ? WHERE buffer_name = ?",
                direct,
                CaptureSql.of(relation).suffix());
    }

    /// Whether one stream table reads the source.
    static boolean hasOneReader(Session session, Relation relation) throws SQLException {
        return session.query(
                                "SELECT DISTINCT pgt_id FROM pgtrickle.pgt_dependencies WHERE buffer_name = ?",
                                row -> row.getLong(1),
                                CaptureSql.of(relation).suffix())
                        .size()
                == 1;
    }

    /// The state at which the source was compared last, an SQL expression of type `jsonb`.
    static String comparedState(Relation relation) {
        return "(SELECT t.compared_state FROM pgtrickle.captured_sources AS t WHERE t.buffer_name = "
                + Identifier.literal(CaptureSql.of(relation).suffix())
                + ")";
    }

    static void storeComparedState(Session session, Relation relation, String state)
            throws SQLException {
        session.update(
                "UPDATE pgtrickle.captured_sources SET compared_state = CAST(? AS jsonb) WHERE buffer_name = ?",
                state,
                CaptureSql.of(relation).suffix());
    }

    /// Removes what was made for the source, to capture it anew; its readers will recompute.
    static void restart(Session session, Relation relation) throws SQLException {
        session.executeAll(CaptureSql.of(relation).drop());
        recomputeReaders(session, relation);
    }

    /// Tells all readers of the source to recompute. A refresh of one that is running is waited
    /// for.
    static void recomputeReaders(Session session, Relation relation) throws SQLException {
        session.update(
                """
                UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true WHERE pgt_id IN (
                    SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = ?)
                """,
                CaptureSql.of(relation).suffix());
    }
}
