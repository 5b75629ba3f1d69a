package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.emit.Storage;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.HiddenState;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Registration;
import java.sql.Connection;
import java.sql.SQLException;
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
        Registration.capture(connection, definition);
        long relation = createStorage(connection, name, definition);
        long id =
                Sql.first(
                                connection,
                                """
                                INSERT INTO pgtrickle.pgt_stream_tables
                                    (pgt_relid, pgt_name, pgt_schema, defining_query, original_query, schedule, refresh_mode,
                                     requested_refresh_mode, full_reason, has_keyless_source, definition_fingerprint,
                                     functions_used, function_hashes)
                                VALUES (CAST(? AS bigint)::oid, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING pgt_id
                                """,
                                row -> row.getLong(1),
                                relation,
                                name.name(),
                                name.schema(),
                                definition.text(),
                                wanted.query(),
                                storedSchedule(schedule),
                                definition.mode(),
                                wanted.mode().name(),
                                definition.fullReason().map(it -> it.reason()).orElse(null),
                                definition.hasKeylessSource(),
                                definition.fingerprint(),
                                Registration.routines(connection, definition),
                                definition.watchedHash().orElse(null))
                        .orElseThrow();
        Registration.recordDependencies(connection, id, definition);
        HiddenState.create(connection, id, definition.query());
        return new Made(id, Queries.warnings(definition, wanted.mode()));
    }

    /// `calculated` is stored as NULL.
    static @Nullable String storedSchedule(String schedule) {
        return schedule.equals(StreamTableDefinition.DEFAULT_SCHEDULE) ? null : schedule;
    }

    static long createStorage(Connection connection, QualifiedName name, Definition definition)
            throws SQLException {
        Sql.execute(connection, definition.query().create(name.quoted()));
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
}
