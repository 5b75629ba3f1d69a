package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.capture.Snapshots;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a scheduler needs of the database: what there is, what is pending, and one refresh at a
/// time.
///
/// Thread-safe; each call uses the given session, which must be in autocommit mode and is left so.
public final class RefreshEngine {
    /// The SQLSTATE of a stream table whose stored rows do not match its changes.
    static final String BROKEN = "XX001";

    private static final Logger LOG = LoggerFactory.getLogger(RefreshEngine.class);
    private static final int CONCURRENCY_RETRIES = 5;
    private static final int ADAPTATIONS = 5;
    private static final int CLEAN_BATCH = 10_000;
    private static final int CLEAN_ROUNDS = 20;
    private static final long HISTORY_CLEAN_NANOS = Duration.ofMinutes(10).toNanos();

    private final Map<Long, Compiled> definitions = new ConcurrentHashMap<>();
    private final SourceWatch sources = new SourceWatch();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final AtomicLong compilations = new AtomicLong();
    private final AtomicLong historyCleanedAt =
            new AtomicLong(System.nanoTime() - HISTORY_CLEAN_NANOS);

    /// A stream table as the scheduler sees it.
    ///
    /// @param id `pgt_id`
    /// @param name schema-qualified name for messages
    /// @param schedule as stored: empty string for `calculated`
    /// @param full whether its pending changes cannot be known: it is recomputed, or reads a source
    ///   whose changes are only found by comparing
    /// @param populated false until the first refresh, and when everything must be recomputed
    /// @param upstream ids of the stream tables it reads
    public record Schedulable(
            long id,
            String name,
            String schedule,
            boolean full,
            boolean populated,
            Set<Long> upstream) {}

    /// All stream tables that a scheduler may refresh: status ACTIVE or INITIALIZING, and those in
    /// ERROR for which something has changed since. What was dropped or renamed by plain SQL is
    /// cleaned up first. One thread at a time.
    public List<Schedulable> load(Session session) throws SQLException {
        if (session.one("SELECT pgtrickle._untidy()", row -> row.getBoolean(1))) {
            try {
                tidy(session);
            } catch (SQLException e) {
                // What there is to refresh must not wait for it.
                LOG.warn("Cleaning up after dropped tables failed: {}", Errors.message(e));
            }
        }
        Session.ArrayOf changed =
                new Session.ArrayOf("int8", List.copyOf(sources.changed(session)));
        return session.query(
                """
                SELECT s.pgt_id, s.pgt_schema || '.' || s.pgt_name, coalesce(s.schedule, ''),
                       s.refresh_mode = 'FULL' OR EXISTS (
                           SELECT FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = s.pgt_id
                             AND d.buffer_name IS NOT NULL AND d.source_type IN ('MATVIEW', 'FOREIGN_TABLE')),
                       s.is_populated AND NOT s.needs_reinit AND s.pgt_id <> ALL (?) AND (s.refresh_mode <> 'DIFFERENTIAL'
                           OR s.frontier ->> 'system_identifier'
                               = (SELECT system_identifier FROM pg_control_system())::text),
                       ARRAY(SELECT u.pgt_id FROM pgtrickle.pgt_dependencies d
                             JOIN pgtrickle.pgt_stream_tables u ON u.pgt_relid = d.source_relid
                             WHERE d.pgt_id = s.pgt_id)
                FROM pgtrickle.pgt_stream_tables s
                WHERE CASE WHEN s.refresh_mode = 'IMMEDIATE' THEN s.status <> 'SUSPENDED' AND (s.pgt_id = ANY (?)
                        OR s.status <> 'ERROR' AND (s.needs_reinit OR NOT s.is_populated))
                    ELSE s.status IN ('ACTIVE', 'INITIALIZING') OR s.status = 'ERROR' AND s.pgt_id = ANY (?) END
                ORDER BY s.pgt_id
                """,
                row ->
                        new Schedulable(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getBoolean(4),
                                row.getBoolean(5),
                                Set.copyOf(row.longs(6))),
                changed,
                changed,
                changed);
    }

    /// Cleans up after what was dropped or renamed by plain SQL, as far as nobody holds locks on
    /// it.
    public static void tidy(Session session) throws SQLException {
        session.one("SELECT pgtrickle._tidy()::text", row -> row.getString(1));
    }

    /// The ids of the differential stream tables with pending changes and how many, one statement
    /// for all.
    public Map<Long, Long> pending(Session session) throws SQLException {
        Map<Long, Long> pending = new HashMap<>();
        session.query(
                "SELECT pgt_id, pending FROM pgtrickle.pending_changes()",
                row -> {
                    pending.put(row.getLong(1), row.getLong(2));
                    return row.getLong(1);
                });
        return pending;
    }

    /// Refreshes one stream table in a transaction of its own, or as a part of the caller's, and
    /// writes history. A stream table that somebody else is refreshing gives SKIP. Errors are
    /// recorded in the catalog, where the caller's transaction does not end with them, and
    /// rethrown.
    ///
    /// @param initiator SCHEDULER, MANUAL or INITIAL
    public RefreshOutcome refresh(Session session, long id, String initiator) throws SQLException {
        return refresh(session, id, initiator, false);
    }

    /// Recomputes one stream table, whatever its mode, and applies the difference.
    public RefreshOutcome recompute(Session session, long id, String initiator)
            throws SQLException {
        return refresh(session, id, initiator, true);
    }

    private RefreshOutcome refresh(Session session, long id, String initiator, boolean full)
            throws SQLException {
        Failures failures = new Failures(session, id, initiator);
        try {
            try {
                return retrying(session, id, initiator, full, failures::tried);
            } catch (PgTrickleException e) {
                if (!e.sqlState().equals(BROKEN)) {
                    throw e;
                }
                failures.record(e);
                LOG.warn("{} {}", e.getMessage(), e.detail().orElse(""));
                return retrying(session, id, initiator, full, failures::tried);
            }
        } catch (Unmaintainable e) {
            if (session.ownership() == Session.Ownership.OWN) {
                failures.giveUp(e.error());
            }
            throw e.error();
        } catch (SQLException e) {
            if (session.ownership() == Session.Ownership.OWN) {
                failures.record(Errors.translate(e));
            }
            throw e;
        } catch (PgTrickleException e) {
            if (session.ownership() == Session.Ownership.OWN) {
                failures.record(e);
            }
            throw e;
        }
    }

    private RefreshOutcome retrying(
            Session session, long id, String initiator, boolean full, Consumer<Action> tried)
            throws SQLException, Unmaintainable {
        int adaptations = 0;
        for (int attempt = 1; ; attempt++) {
            Compiled cached = null;
            try {
                cached = cached(session, id);
                compareSources(session, cached.definition(), initiator);
                Optional<RefreshOutcome> outcome = attempt(session, cached, initiator, full, tried);
                if (outcome.isPresent()) {
                    return outcome.get();
                }
                definitions.remove(id);
                if (++adaptations > ADAPTATIONS) {
                    throw new SQLException(
                            "the sources of " + cached.row().table() + " keep changing", "55006");
                }
                adapt(session, id);
            } catch (SQLException e) {
                definitions.remove(id);
                if (Errors.isConcurrency(e)) {
                    boolean later =
                            session.ownership() == Session.Ownership.OWN
                                    || !session.keepsSnapshot();
                    if (!later || attempt > CONCURRENCY_RETRIES) {
                        throw e;
                    }
                } else if (cached != null
                        && Errors.isDefinitionError(Errors.sqlState(e))
                        && ++adaptations <= ADAPTATIONS
                        && SourceWatch.isOutdated(session, cached.row(), List.of())) {
                    // A statement of the old definition met what has changed before it was
                    // compared.
                    adapt(session, id);
                } else {
                    throw e;
                }
            }
        }
    }

    private Optional<RefreshOutcome> attempt(
            Session session,
            Compiled cached,
            String initiator,
            boolean full,
            Consumer<Action> tried)
            throws SQLException {
        if (cached.row().isImmediate()) {
            return explaining(
                    cached.row(),
                    () ->
                            session.inTransaction(
                                    Session.Isolation.READ_COMMITTED,
                                    RefreshTransaction.SETTINGS,
                                    it ->
                                            new ImmediateRefresh(it, cached, initiator, tried)
                                                    .run()));
        }
        List<String> settings = new ArrayList<>(RefreshTransaction.SETTINGS);
        if (cached.row().owner().equals(Rights.OWN)) {
            settings.addAll(Trees.locks(cached.definition()));
        }
        return explaining(
                cached.row(),
                () ->
                        session.inTransaction(
                                Session.Isolation.REPEATABLE_READ,
                                settings,
                                it ->
                                        new RefreshTransaction(it, cached, initiator, tried)
                                                .run(full)));
    }

    /// Work with the owner's rights.
    @FunctionalInterface
    private interface OwnersWork<T> {
        T run() throws SQLException;
    }

    /// Says whose rights are missing when some are.
    private static <T> T explaining(StreamTableRow row, OwnersWork<T> work) throws SQLException {
        try {
            return work.run();
        } catch (SQLException e) {
            if (!Errors.isMissingRight(e)) {
                throw e;
            }
            throw explained(row, Errors.translate(e));
        } catch (PgTrickleException e) {
            throw e.sqlState().equals(Errors.MISSING_RIGHT) ? explained(row, e) : e;
        }
    }

    private static PgTrickleException explained(StreamTableRow row, PgTrickleException original) {
        return PgTrickleException.of(original.sqlState(), String.valueOf(original.getMessage()))
                .detail(
                        row.table()
                                + " is refreshed with the rights of its owner "
                                + row.ownerName()
                                + "."
                                + original.detail().map(it -> " " + it).orElse(""))
                .hint(
                        original.hint()
                                .orElse(
                                        "GRANT that role what its query needs, or drop the stream table."))
                .cause(original)
                .build();
    }

    /// Finds out what has changed in sources without triggers, each in a short transaction of its
    /// own, so that the changes are committed like those that triggers capture. The first filling
    /// follows the making of the snapshot at once.
    private static void compareSources(Session session, Definition definition, String initiator)
            throws SQLException {
        if (initiator.equals("INITIAL")) {
            return;
        }
        for (Relation source : definition.consumed()) {
            if (source.compared()) {
                session.inTransaction(
                        Session.Isolation.READ_COMMITTED,
                        RefreshTransaction.SETTINGS,
                        it -> Snapshots.compare(it, source));
            }
        }
    }

    private Compiled cached(Session session, long id) throws SQLException, Unmaintainable {
        Compiled cached = definitions.get(id);
        if (cached != null) {
            hits.incrementAndGet();
            return cached;
        }
        misses.incrementAndGet();
        return compile(session, id);
    }

    /// What is kept of compiled stream tables.
    ///
    /// @param hits how often one was there
    /// @param misses how often one had to be compiled
    /// @param evictions how many were dropped again
    /// @param size how many there are
    public record CacheStats(long hits, long misses, long evictions, int size) {}

    /// What is kept, and what it was good for since this engine was made.
    public CacheStats cacheStats() {
        int size = definitions.size();
        return new CacheStats(
                hits.get(), misses.get(), Math.max(0, compilations.get() - size), size);
    }

    private Compiled compile(Session session, long id) throws SQLException, Unmaintainable {
        Compiled compiled =
                redefining(
                        session,
                        id,
                        it -> {
                            Compiled current = current(it, id);
                            StreamTableRow row = current.row();
                            if (current.definition().fingerprint().equals(row.fingerprint())) {
                                return current;
                            }
                            Redefinition.apply(it, row, current.definition());
                            return Compiled.of(row(it, id), current.definition());
                        });
        compilations.incrementAndGet();
        definitions.put(id, compiled);
        return compiled;
    }

    /// Adapts a stream table to its changed sources.
    private static void adapt(Session session, long id) throws SQLException, Unmaintainable {
        redefining(
                session,
                id,
                it -> {
                    Compiled current = current(it, id);
                    Redefinition.apply(it, current.row(), current.definition());
                    return current;
                });
    }

    /// Compiles in a transaction of its own. A query that does not work is tried once more: what
    /// another session is about to finish must not look like the end of it.
    private static Compiled redefining(Session session, long id, Session.Work<Compiled> work)
            throws SQLException, Unmaintainable {
        try {
            return redefiningOnce(session, id, work);
        } catch (Unmaintainable _) {
            return redefiningOnce(session, id, work);
        }
    }

    private static Compiled redefiningOnce(Session session, long id, Session.Work<Compiled> work)
            throws SQLException, Unmaintainable {
        try {
            return session.inTransaction(Session.Isolation.READ_COMMITTED, work);
        } catch (SQLException e) {
            if (!Errors.isDefinitionError(Errors.sqlState(e))) {
                throw e;
            }
            throw Unmaintainable.because(session, row(session, id), Errors.translate(e));
        } catch (PgTrickleException e) {
            if (!Errors.isDefinitionError(e.sqlState())) {
                throw e;
            }
            throw Unmaintainable.because(session, row(session, id), e);
        }
    }

    private static Compiled current(Session session, long id) throws SQLException {
        StreamTableRow row = row(session, id);
        return explaining(
                row,
                () ->
                        Compiled.of(
                                row,
                                Definition.ofStored(
                                        session.as(row.owner()), row.query(), row.isFullWanted())));
    }

    private static StreamTableRow row(Session session, long id) throws SQLException {
        return StreamTableRow.byId(session, id)
                .orElseThrow(() -> StreamTableLookup.notFound("pgt_id " + id));
    }

    /// Deletes applied changes, in bounded batches, from every buffer, and now and then old
    /// history. A buffer with a consumer that has no frontier yet keeps everything: what that
    /// consumer will need is not known.
    ///
    /// @return rows deleted
    public long cleanBuffers(Session session) throws SQLException {
        session.execute("DELETE FROM pgtrickle_changes.wake");
        session.execute(
                "DELETE FROM pgtrickle_changes.statements WHERE xid < pg_snapshot_xmin(pg_current_snapshot())");
        long due = historyCleanedAt.get() + HISTORY_CLEAN_NANOS;
        if (System.nanoTime() - due >= 0) {
            historyCleanedAt.set(System.nanoTime());
            cleanHistory(session);
        }
        Map<String, List<String>> frontiers = new TreeMap<>();
        session.query(
                """
                WITH reader AS (
                    SELECT d.buffer_name, d.source_relid, CASE s.refresh_mode WHEN 'IMMEDIATE'
                        THEN pg_current_snapshot()::text ELSE s.frontier ->> 'snapshot' END AS applied
                    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)
                    WHERE d.buffer_name IS NOT NULL)
                SELECT r.buffer_name, array_agg(DISTINCT r.applied) FROM reader r
                GROUP BY r.buffer_name HAVING count(*) = count(r.applied)
                UNION ALL
                SELECT 'pgt_' || s.pgt_id, ARRAY[pg_current_snapshot()::text] FROM pgtrickle.pgt_stream_tables s
                WHERE s.refresh_mode = 'IMMEDIATE' AND s.captured_columns IS NOT NULL
                  AND NOT EXISTS (SELECT FROM reader r WHERE r.source_relid = s.pgt_relid)
                """,
                row -> frontiers.put(row.getString(1), row.strings(2)));
        long deleted = 0;
        for (Map.Entry<String, List<String>> entry : frontiers.entrySet()) {
            deleted += clean(session, entry.getKey(), entry.getValue());
        }
        return deleted;
    }

    private static long clean(Session session, String suffix, List<String> snapshots)
            throws SQLException {
        String sql =
                new CaptureSql(suffix)
                        .clean(
                                snapshots.stream().map(it -> "'" + it + "'::pg_snapshot").toList(),
                                CLEAN_BATCH);
        long deleted = 0;
        for (int round = 0; round < CLEAN_ROUNDS; round++) {
            int rows = session.update(sql);
            deleted += rows;
            if (rows < CLEAN_BATCH) {
                break;
            }
        }
        return deleted;
    }

    /// Deletes old history: what is older than the setting says, and of each stream table all but
    /// the newest 10,000 entries.
    ///
    /// @return rows deleted
    private static long cleanHistory(Session session) throws SQLException {
        return session.update(
                """
                DELETE FROM pgtrickle.pgt_refresh_history h USING (
                    SELECT s.pgt_id, (SELECT o.refresh_id FROM pgtrickle.pgt_refresh_history o
                        WHERE o.pgt_id = s.pgt_id ORDER BY o.refresh_id DESC OFFSET 10000 LIMIT 1) AS oldest
                    FROM pgtrickle.pgt_stream_tables s) k
                WHERE h.pgt_id = k.pgt_id AND (h.refresh_id <= k.oldest AND pgtrickle.setting_or_default('history_retention_days') <> '0' OR h.start_time < now()
                    - nullif(pgtrickle.setting_or_default('history_retention_days'), '0')::int * interval '1 day')
                """);
    }

    /// Arms the wake-up: the next commit on a captured source sends one NOTIFY on channel
    /// `pgtrickle_wake`.
    public void armWake(Session session) throws SQLException {
        session.execute(
                "SELECT setval('pgtrickle.pgt_wake_armed', 1, false) FROM pgtrickle.pgt_wake_armed WHERE is_called");
    }

    /// Forgets what was compiled for a stream table.
    public void forget(long id) {
        definitions.remove(id);
    }

    /// Removes capture that nobody needs; in the caller's transaction.
    public static void releaseUnusedCapture(Session session) throws SQLException {
        Capture.releaseUnused(session);
    }
}
