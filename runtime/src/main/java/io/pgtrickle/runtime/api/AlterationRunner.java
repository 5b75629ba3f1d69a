package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Cycles;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.HiddenState;
import io.pgtrickle.runtime.refresh.Immediate;
import io.pgtrickle.runtime.refresh.Partitioning;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Registration;
import io.pgtrickle.runtime.refresh.StoredTable;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/// Changes stream tables.
///
/// A new query or mode whose stored columns are the same keeps the table and applies the
/// difference; so does one whose visible columns are the same, when stream tables read it.
/// Otherwise the storage is made anew, which is refused while stream tables read it.
final class AlterationRunner {
    private final Session session;
    private final RefreshEngine engine;

    AlterationRunner(Session session, RefreshEngine engine) {
        this.session = session;
        this.engine = engine;
    }

    Creation.Made alter(String name, Alteration alteration) throws SQLException {
        Optional<String> schedule =
                alteration.schedule().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Schedules.text(session, alteration.schedule().get()));
        Optional<String> status = alteration.status().map(AlterationRunner::status);
        alteration.query().ifPresent(Queries::requireText);
        AtomicBoolean redefined = new AtomicBoolean();
        Creation.Made made =
                session.inTransaction(
                        Session.Isolation.READ_COMMITTED,
                        it -> {
                            it.execute("SET LOCAL client_min_messages = warning");
                            it.execute("SET LOCAL lock_timeout = '10s'");
                            StreamTableRow row = lock(StreamTableLookup.findOwned(it, name));
                            if (schedule.isPresent()) {
                                it.update(
                                        "UPDATE pgtrickle.pgt_stream_tables SET schedule = ?, updated_at = now() WHERE pgt_id = ?",
                                        Creation.storedSchedule(schedule.get()),
                                        row.id());
                            }
                            if (status.isPresent()) {
                                it.update(
                                        "UPDATE pgtrickle.pgt_stream_tables SET status = ?, consecutive_errors = 0, updated_at = now()"
                                                + " WHERE pgt_id = ?",
                                        status.get(),
                                        row.id());
                                if (status.get().equals("ACTIVE") && row.cycle().isPresent()) {
                                    Cycles.resume(it, row.cycle().get());
                                }
                                it.update(
                                        "UPDATE pgtrickle.pgt_stream_tables SET fuse_state = 'armed', blown_at = NULL, blow_reason = NULL,"
                                                + " fuse_allowance = NULL"
                                                + " WHERE pgt_id = ? AND status = 'ACTIVE' AND fuse_state = 'blown'",
                                        row.id());
                                if (row.isImmediate() && status.get().equals("SUSPENDED")) {
                                    Immediate.suspend(it, row.id());
                                }
                            }
                            Optional<Partitioning> present = Partitioning.of(row);
                            Optional<Partitioning> wanted =
                                    alteration.partitioning().isEmpty()
                                            ? present
                                            : Partitioning.parse(alteration.partitioning().get());
                            redefined.set(
                                    alteration.query().isPresent()
                                            || alteration.mode().isPresent()
                                            || !wanted.equals(present));
                            return redefined.get()
                                    ? redefine(row, alteration, wanted)
                                    : new Creation.Made(row.id(), List.of());
                        });
        engine.forget(made.id());
        if (redefined.get()) {
            engine.refresh(session, made.id(), "MANUAL");
        }
        return made;
    }

    private StreamTableRow lock(StreamTableRow row) throws SQLException {
        session.query(
                "SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ? FOR UPDATE",
                it -> it.getLong(1),
                row.id());
        return row;
    }

    private static String status(String text) {
        String status = text.strip().toUpperCase(Locale.ROOT);
        if (!Set.of("ACTIVE", "SUSPENDED").contains(status)) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: status \"" + text + "\"",
                    "Only a running stream table can be suspended, and a suspended one made active.",
                    "Use ACTIVE or SUSPENDED.");
        }
        return status;
    }

    private Creation.Made redefine(
            StreamTableRow row, Alteration alteration, Optional<Partitioning> partitioning)
            throws SQLException {
        RefreshMode mode =
                alteration.mode().orElseGet(() -> RefreshMode.parse(row.requestedMode()));
        boolean recompute = mode == RefreshMode.FULL;
        Session owner = session.as(row.owner());
        Definition definition =
                alteration.query().isPresent()
                        ? Definition.ofUser(owner, alteration.query().get(), recompute)
                        : Definition.ofStored(owner, row.query(), recompute);
        Queries.check(owner, definition, mode);
        if (partitioning.isPresent()) {
            partitioning.get().requireColumns(definition);
            Creation.requireDivisible(mode);
        }
        boolean otherCycles = Cycles.check(session, row, definition, definition.mode(mode.name()));
        boolean immediate = mode == RefreshMode.IMMEDIATE;
        if (immediate || row.isImmediate()) {
            Immediate.lockWriters(
                    session,
                    row.owner(),
                    definition.consumed().stream().map(Relation::relid).toList());
        }
        Registration.capture(session, row.owner(), definition);
        long relation = row.relation();
        StoredTable stored = StoredTable.of(session, row);
        boolean divided = !partitioning.equals(Partitioning.of(row));
        boolean rebuilt = divided || !stored.isThatOf(definition);
        if (rebuilt
                && !divided
                && isRead(row, definition)
                && stored.hasVisibleColumnsOf(definition)) {
            OwnDdl.begin(session);
            stored.adapt(session, row, definition);
            OwnDdl.end(session);
            rebuilt = false;
        } else if (rebuilt) {
            relation = rebuild(row, definition, partitioning);
        }
        session.update(
                """
                UPDATE pgtrickle.pgt_stream_tables SET pgt_relid = CAST(? AS bigint)::oid, defining_query = ?,
                    original_query = coalesce(?, original_query),
                    query_settings = CASE WHEN ? THEN pgtrickle._query_settings() ELSE query_settings END,
                    schedule = CASE WHEN ? = 'IMMEDIATE' THEN NULL
                        WHEN refresh_mode = 'IMMEDIATE' THEN coalesce(schedule, '1m') ELSE schedule END, refresh_mode = ?, requested_refresh_mode = ?,
                    full_reason = ?, refresh_costs = NULL, has_keyless_source = ?, definition_fingerprint = ?, needs_reinit = true,
                    is_populated = NOT ?, frontier = NULL, functions_used = ?, st_partition_key = ?,
                    updated_at = now()
                WHERE pgt_id = ?
                """,
                relation,
                definition.text(),
                alteration.query().orElse(null),
                alteration.query().isPresent(),
                mode.name(),
                definition.mode(mode.name()),
                mode.name(),
                definition.fullReason().map(it -> it.reason()).orElse(null),
                definition.hasKeylessSource(),
                definition.fingerprint(),
                rebuilt,
                Registration.routines(definition),
                partitioning.map(Partitioning::text).orElse(null),
                row.id());
        session.update("DELETE FROM pgtrickle.pgt_dependencies WHERE pgt_id = ?", row.id());
        Registration.recordDependencies(session, row.id(), definition);
        if (otherCycles) {
            Cycles.mark(session);
        }
        HiddenState.create(owner, row.id(), definition.query());
        if (immediate) {
            Immediate.install(session, row.id(), definition);
        } else if (row.isImmediate()) {
            Immediate.remove(session, row.id());
        }
        Upkeep.releaseUnusedCapture(session);
        Registration.watch(session, row.id(), definition);
        List<String> warnings = new ArrayList<>(Queries.warnings(definition, mode));
        if (divided) {
            warnings.add(
                    "the table of " + row.table() + " was made anew, to be partitioned otherwise");
        }
        return new Creation.Made(row.id(), warnings);
    }

    /// Whether stream tables read it, or itself will.
    private boolean isRead(StreamTableRow row, Definition definition) throws SQLException {
        return !readers(row).isEmpty()
                || definition.analysis().relations().stream()
                        .anyMatch(it -> it.relid() == row.relation());
    }

    private List<Long> readers(StreamTableRow row) throws SQLException {
        return session.query(
                "SELECT pgt_id FROM pgtrickle.pgt_dependencies WHERE source_relid = CAST(? AS bigint)::oid",
                it -> it.getLong(1),
                row.relation());
    }

    private long rebuild(
            StreamTableRow row, Definition definition, Optional<Partitioning> partitioning)
            throws SQLException {
        if (isRead(row, definition)) {
            throw PgTrickleException.of(
                            "2BP01",
                            "cannot change the columns or partitions of "
                                    + row.table()
                                    + " because stream tables read it")
                    .detail(readers(row).size() + " stream tables depend on its present table.")
                    .hint(
                            "Drop them first, or keep partitioning, names, types and hidden columns as they are.")
                    .build();
        }
        QualifiedName name =
                session.first(
                                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                        + " WHERE c.oid = CAST(? AS bigint)::oid",
                                it -> new QualifiedName(it.getString(1), it.getString(2)),
                                row.relation())
                        .orElseThrow(() -> StreamTableLookup.notFound(row.table()));
        Session owner = session.as(row.owner());
        OwnDdl.begin(session);
        owner.execute("DROP TABLE " + name.quoted());
        OwnDdl.end(session);
        long made = StoredTable.create(owner, name, definition, partitioning);
        session.update(
                "UPDATE pgtrickle.pgt_refresh_groups SET member_oids = array_replace(member_oids, CAST(? AS bigint)::oid,"
                        + " CAST(? AS bigint)::oid) WHERE CAST(? AS bigint)::oid = ANY (member_oids)",
                row.relation(),
                made,
                row.relation());
        return made;
    }
}
