package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.Storage;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Creates stream tables.
///
/// Two transactions: the first creates storage and catalog rows and installs capture, with short
/// locks; the second fills the table at a later snapshot, without any. In between the stream table
/// is INITIALIZING, and a service that finds it there fills it. When filling fails, what the first
/// transaction made is removed.
final class Creation {
    private final Connection connection;
    private final RefreshEngine engine;

    Creation(Connection connection, RefreshEngine engine) {
        this.connection = connection;
        this.engine = engine;
    }

    /// A stream table that was made, and what to tell the user.
    record Made(long id, List<String> warnings) {
        Made {
            warnings = List.copyOf(warnings);
        }
    }

    Made create(StreamTableDefinition wanted) throws SQLException {
        String schedule = Schedule.parse(wanted.schedule()).text();
        Queries.requireText(wanted.query());
        Made made =
                Sql.inTransaction(
                        connection, Sql.Isolation.READ_COMMITTED, it -> prepare(wanted, schedule));
        try {
            engine.refresh(connection, made.id(), "INITIAL");
        } catch (SQLException e) {
            discard(made.id(), e);
            throw e;
        } catch (PgTrickleException e) {
            discard(made.id(), e);
            throw e;
        }
        return made;
    }

    private void discard(long id, Exception cause) {
        try {
            Sql.inTransaction(
                    connection,
                    Sql.Isolation.READ_COMMITTED,
                    it -> {
                        Optional<StreamTableRow> row = StreamTableRow.byId(it, id);
                        if (row.isPresent()) {
                            Removal.remove(it, row.get(), DropBehavior.RESTRICT);
                            RefreshEngine.releaseUnusedCapture(it);
                        }
                        return true;
                    });
        } catch (SQLException suppressed) {
            cause.addSuppressed(suppressed);
        }
    }

    private Made prepare(StreamTableDefinition wanted, String schedule) throws SQLException {
        Sql.execute(connection, "SET LOCAL client_min_messages = warning");
        Sql.execute(connection, "SET LOCAL lock_timeout = '10s'");
        QualifiedName name = QualifiedName.forCreation(connection, wanted.name());
        requireFree(name);
        Definition definition =
                Definition.ofUser(connection, wanted.query(), wanted.mode() == RefreshMode.FULL);
        Queries.check(connection, definition, wanted.mode());
        return make(name, wanted, schedule, definition);
    }

    private void requireFree(QualifiedName name) throws SQLException {
        if (StreamTableRow.byName(connection, name).isPresent()) {
            throw PgTrickleException.of("42P07", "stream table already exists: " + name.quoted())
                    .hint("Alter it, or drop it first.")
                    .build();
        }
        boolean taken =
                Sql.first(
                                connection,
                                "SELECT true FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                        + " WHERE n.nspname = ? AND c.relname = ?",
                                row -> row.getBoolean(1),
                                name.schema(),
                                name.name())
                        .orElse(false);
        if (taken) {
            throw PgTrickleException.of("42P07", "relation " + name.quoted() + " already exists")
                    .detail("A stream table is a table and needs a name of its own.")
                    .hint("Choose another name.")
                    .build();
        }
    }

    private Made make(
            QualifiedName name,
            StreamTableDefinition wanted,
            String schedule,
            Definition definition)
            throws SQLException {
        capture(connection, definition);
        long relation = createStorage(connection, name, definition);
        long id =
                Sql.first(
                                connection,
                                """
                                INSERT INTO pgtrickle.pgt_stream_tables
                                    (pgt_relid, pgt_name, pgt_schema, defining_query, original_query, schedule, refresh_mode,
                                     requested_refresh_mode, full_reason, has_keyless_source, definition_fingerprint)
                                VALUES (CAST(? AS bigint)::oid, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING pgt_id
                                """,
                                row -> row.getLong(1),
                                relation,
                                name.name(),
                                name.schema(),
                                definition.text(),
                                wanted.query(),
                                storedSchedule(schedule),
                                Queries.mode(definition),
                                wanted.mode().name(),
                                definition.fullReason().map(it -> it.reason()).orElse(null),
                                Queries.hasKeylessSource(definition),
                                definition.fingerprint())
                        .orElseThrow();
        recordDependencies(connection, id, definition);
        return new Made(id, Queries.warnings(definition, wanted.mode()));
    }

    /// `calculated` is stored as NULL.
    static @Nullable String storedSchedule(String schedule) {
        return schedule.equals(StreamTableDefinition.DEFAULT_SCHEDULE) ? null : schedule;
    }

    /// Installs capture on every consumed source, in OID order so that two creations cannot
    /// deadlock.
    static void capture(Connection connection, Definition definition) throws SQLException {
        if (definition.full()) {
            return;
        }
        List<Relation> sources = new ArrayList<>(definition.consumed());
        sources.sort(Comparator.comparingLong(Relation::oid));
        for (Relation source : sources) {
            try {
                Capture.require(connection, source, definition.query().captured(source));
            } catch (SQLException e) {
                throw lockTimeout(source, e);
            }
        }
    }

    private static SQLException lockTimeout(Relation source, SQLException e) {
        if (!"55P03".equals(e.getSQLState())) {
            return e;
        }
        PgTrickleException readable =
                PgTrickleException.of(
                                "55P03",
                                "could not lock "
                                        + source.displayName()
                                        + " to install its triggers")
                        .detail("Another transaction held a lock on it for more than 10 seconds.")
                        .hint("Try again when long transactions on the table have ended.")
                        .cause(e)
                        .build();
        throw readable;
    }

    static long createStorage(Connection connection, QualifiedName name, Definition definition)
            throws SQLException {
        Storage storage = definition.query().storage();
        Sql.execute(connection, storage.create(name.quoted()));
        Sql.execute(
                connection, "ALTER TABLE " + name.quoted() + " ALTER __pgt_row_id SET NOT NULL");
        long relation =
                Sql.first(
                                connection,
                                "SELECT to_regclass(?)::oid::bigint",
                                row -> row.getLong(1),
                                name.quoted())
                        .orElseThrow();
        Sql.execute(connection, Storage.createIndex(name.quoted(), "pgt_row_id_" + relation));
        return relation;
    }

    static void recordDependencies(Connection connection, long id, Definition definition)
            throws SQLException {
        List<Relation> consumed = definition.consumed();
        for (Relation source : definition.analysis().relations()) {
            boolean captured = consumed.contains(source);
            Sql.update(
                    connection,
                    "INSERT INTO pgtrickle.pgt_dependencies (pgt_id, source_relid, source_type, buffer_name, columns_used)"
                            + " VALUES (?, CAST(? AS bigint)::oid, ?, ?, ?)",
                    id,
                    source.oid(),
                    sourceType(source.kind()),
                    captured ? Capture.of(source).suffix() : null,
                    captured ? columnsUsed(connection, definition, source) : null);
        }
        Sql.update(
                connection,
                """
                UPDATE pgtrickle.pgt_change_tracking t SET tracked_by_pgt_ids = ARRAY(
                    SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d
                    WHERE d.source_relid = t.source_relid AND d.buffer_name IS NOT NULL ORDER BY 1)
                """);
    }

    private static java.sql.Array columnsUsed(
            Connection connection, Definition definition, Relation source) throws SQLException {
        var numbers = definition.query().captured(source).keySet();
        return connection.createArrayOf(
                "text",
                source.columns().stream()
                        .filter(column -> numbers.contains(column.number()))
                        .map(Relation.RelationColumn::name)
                        .toArray());
    }

    private static String sourceType(Relation.Kind kind) {
        return switch (kind) {
            case TABLE, PARTITIONED_TABLE, INHERITANCE_PARENT, SYSTEM_TABLE, OTHER -> "TABLE";
            case STREAM_TABLE -> "STREAM_TABLE";
            case VIEW -> "VIEW";
            case MATERIALIZED_VIEW -> "MATVIEW";
            case FOREIGN_TABLE -> "FOREIGN_TABLE";
        };
    }
}
