package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.HiddenState;
import io.pgtrickle.runtime.refresh.Immediate;
import io.pgtrickle.runtime.refresh.Partitioning;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Registration;
import io.pgtrickle.runtime.refresh.StoredTable;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Creates stream tables.
///
/// Two transactions: the first creates storage and catalog rows and installs capture, with short
/// locks; the second fills the table at a later snapshot, without any. In between the stream table
/// is INITIALIZING, and a service that finds it there fills it. When filling fails, what the first
/// transaction made is removed. In a caller's transaction both are parts of that.
final class Creation {
    private static final Set<String> OWN_SCHEMAS = Set.of("pgtrickle", "pgtrickle_changes");

    private final Session session;
    private final RefreshEngine engine;

    Creation(Session session, RefreshEngine engine) {
        this.session = session;
        this.engine = engine;
    }

    /// A stream table that was made, and what to tell the user.
    record Made(long id, List<String> warnings) {
        Made {
            warnings = List.copyOf(warnings);
        }
    }

    /// A stream table that is to be filled.
    private record Registered(long id, Definition definition, RefreshMode mode) {
        Made result() {
            return new Made(id, Queries.warnings(definition, mode));
        }
    }

    Made create(StreamTableDefinition wanted) throws SQLException {
        String schedule = Schedules.text(session, wanted.schedule());
        Queries.requireText(wanted.query());
        if (session.ownership() == Session.Ownership.CALLER) {
            Registered made = prepare(wanted, schedule);
            if (wanted.initialize()) {
                engine.fill(session, made.id(), made.definition());
            }
            return made.result();
        }
        Registered made =
                session.inTransaction(
                        Session.Isolation.READ_COMMITTED,
                        it -> {
                            if (wanted.initialize()) {
                                // A service is told when it has been filled.
                                it.execute("SET LOCAL pg_trickle.fills = 'on'");
                            }
                            return prepare(wanted, schedule);
                        });
        if (!wanted.initialize()) {
            return made.result();
        }
        try {
            engine.fill(session, made.id(), made.definition());
        } catch (SQLException e) {
            discard(made.id(), e);
            throw e;
        } catch (PgTrickleException e) {
            discard(made.id(), e);
            throw e;
        }
        return made.result();
    }

    private void discard(long id, Exception cause) {
        try {
            session.inTransaction(
                    Session.Isolation.READ_COMMITTED,
                    it -> {
                        Optional<StreamTableRow> row = StreamTableRow.byId(it, id);
                        if (row.isPresent()) {
                            Removal.remove(it, row.get(), DropBehavior.RESTRICT);
                            Upkeep.releaseUnusedCapture(it);
                        }
                        return true;
                    });
        } catch (SQLException suppressed) {
            cause.addSuppressed(suppressed);
        }
    }

    private Registered prepare(StreamTableDefinition wanted, String schedule) throws SQLException {
        session.execute("SET LOCAL client_min_messages = warning");
        session.execute("SET LOCAL lock_timeout = '10s'");
        Upkeep.tidy(session);
        QualifiedName name = QualifiedName.forCreation(session, wanted.name());
        requireUsersSchema(name);
        requireFree(name);
        Session owner = session.asCaller();
        Definition definition =
                Definition.ofUser(owner, wanted.query(), wanted.mode() == RefreshMode.FULL);
        Queries.check(owner, definition, wanted.mode());
        return make(name, wanted, schedule, definition);
    }

    private static void requireUsersSchema(QualifiedName name) {
        if (OWN_SCHEMAS.contains(name.schema())) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: stream table "
                            + name.quoted()
                            + " in a schema of pg_trickle",
                    "Schema " + name.schema() + " is removed with pg_trickle.",
                    "Choose another schema, as in public." + Identifier.quote(name.name()) + ".");
        }
    }

    private void requireFree(QualifiedName name) throws SQLException {
        if (StreamTableRow.byName(session, name).isPresent()) {
            throw PgTrickleException.of("42P07", "stream table already exists: " + name.quoted())
                    .hint("Alter it, or drop it first.")
                    .build();
        }
        boolean taken =
                session.first(
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

    private Registered make(
            QualifiedName name,
            StreamTableDefinition wanted,
            String schedule,
            Definition definition)
            throws SQLException {
        Rights owner = session.caller().map(Session.Caller::acts).orElse(Rights.OWN);
        if (wanted.mode() == RefreshMode.IMMEDIATE) {
            Immediate.lockWriters(
                    session, owner, definition.consumed().stream().map(Relation::relid).toList());
        }
        Registration.capture(session, owner, definition);
        Optional<Partitioning> partitioning = wanted.partitioning();
        if (partitioning.isPresent()) {
            partitioning.get().requireColumns(definition);
            requireDivisible(wanted.mode());
        }
        long relation = StoredTable.create(session.as(owner), name, definition, partitioning);
        long id =
                session.first(
                                """
                                INSERT INTO pgtrickle.pgt_stream_tables
                                    (pgt_relid, pgt_name, pgt_schema, defining_query, original_query, schedule, refresh_mode,
                                     requested_refresh_mode, full_reason, has_keyless_source, definition_fingerprint,
                                     functions_used, st_partition_key)
                                VALUES (CAST(? AS bigint)::oid, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING pgt_id
                                """,
                                row -> row.getLong(1),
                                relation,
                                name.name(),
                                name.schema(),
                                definition.text(),
                                wanted.query(),
                                wanted.mode() == RefreshMode.IMMEDIATE
                                        ? null
                                        : storedSchedule(schedule),
                                definition.mode(wanted.mode().name()),
                                wanted.mode().name(),
                                definition.fullReason().map(it -> it.reason()).orElse(null),
                                definition.hasKeylessSource(),
                                definition.fingerprint(),
                                Registration.routines(definition),
                                partitioning.map(Partitioning::text).orElse(null))
                        .orElseThrow();
        Registration.recordDependencies(session, id, definition);
        HiddenState.create(session.as(owner), id, definition.query());
        if (wanted.mode() == RefreshMode.IMMEDIATE) {
            Immediate.install(session, id, definition);
        }
        Registration.watch(session, id, definition);
        return new Registered(id, definition, wanted.mode());
    }

    /// `calculated` is stored as NULL.
    static @Nullable String storedSchedule(String schedule) {
        return schedule.equals(StreamTableDefinition.DEFAULT_SCHEDULE) ? null : schedule;
    }

    /// Fails for mode IMMEDIATE: what the compiler makes for it is for tables that are not divided.
    static void requireDivisible(RefreshMode mode) {
        if (mode == RefreshMode.IMMEDIATE) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: partition_by with mode IMMEDIATE",
                    "A stream table that writers keep is not partitioned.",
                    "Use mode DIFFERENTIAL or AUTO, or leave partition_by out.");
        }
    }
}
