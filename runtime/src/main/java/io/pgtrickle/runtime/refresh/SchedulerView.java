package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a scheduler sees of the database: which stream tables there are and what is pending.
///
/// One thread, but for [#refresh] and [#collect]. Each call uses the given session, which must be
/// in autocommit mode and is left so.
public final class SchedulerView {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerView.class);

    /// Stands for the catalog among the suffixes of buffers.
    private static final String CATALOG = "catalog";

    /// Ten seconds.
    private static final long COMPARISON_NANOS = 10_000_000_000L;

    private final SourceWatch sources = new SourceWatch();
    private final Backlog backlog = new Backlog();
    private List<AtomicGroup> groups = List.of();
    private String graph = "";
    private volatile boolean otherGraph;
    private long comparedAt = System.nanoTime() - COMPARISON_NANOS;

    /// All stream tables that a scheduler may refresh: status ACTIVE or INITIALIZING, and those in
    /// ERROR for which something has changed since. What was dropped or renamed by plain SQL is
    /// cleaned up first.
    public List<Schedulable> load(Session session) throws SQLException {
        if (session.one("SELECT pgtrickle._untidy()", row -> row.getBoolean(1))) {
            try {
                Upkeep.tidy(session);
            } catch (SQLException e) {
                // What there is to refresh must not wait for it.
                LOG.warn("Cleaning up after dropped tables failed: {}", Errors.message(e));
            }
        }
        Session.ArrayOf changed =
                new Session.ArrayOf("int8", List.copyOf(sources.changed(session)));
        return session.query(
                """
                SELECT s.pgt_id, s.pgt_schema, s.pgt_name, coalesce(s.schedule, ''),
                       s.refresh_mode = 'FULL' OR EXISTS (
                           SELECT FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = s.pgt_id
                             AND d.buffer_name IS NOT NULL AND d.source_type IN ('MATVIEW', 'FOREIGN_TABLE')),
                       s.is_populated AND NOT s.needs_reinit AND s.pgt_id <> ALL (?) AND (s.refresh_mode <> 'DIFFERENTIAL'
                           OR s.frontier ->> 'system_identifier'
                               = (SELECT system_identifier FROM pg_control_system())::text),
                       ARRAY(SELECT u.pgt_id FROM pgtrickle.pgt_dependencies d
                             JOIN pgtrickle.pgt_stream_tables u ON u.pgt_relid = d.source_relid
                             WHERE d.pgt_id = s.pgt_id),
                       s.last_refresh_at,
                       CASE WHEN s.refresh_mode = 'IMMEDIATE' THEN 'HOT' ELSE upper(s.refresh_tier) END,
                       s.refresh_mode = 'IMMEDIATE', NOT s.pooler_compatibility_mode
                FROM pgtrickle.pgt_stream_tables s
                WHERE CASE WHEN s.refresh_mode = 'IMMEDIATE' THEN s.status <> 'SUSPENDED' AND (s.pgt_id = ANY (?)
                        OR s.status <> 'ERROR' AND (s.needs_reinit OR NOT s.is_populated))
                    ELSE s.status IN ('ACTIVE', 'INITIALIZING') OR s.status = 'ERROR' AND s.pgt_id = ANY (?) END
                ORDER BY s.pgt_id
                """,
                row ->
                        new Schedulable(
                                row.getLong(1),
                                new QualifiedName(row.getString(2), row.getString(3)),
                                row.getString(4),
                                row.getBoolean(5),
                                row.getBoolean(6),
                                Set.copyOf(row.longs(7)),
                                row.optionalInstant(8),
                                Tier.valueOf(row.getString(9)),
                                row.getBoolean(10),
                                row.getBoolean(11)),
                changed,
                changed,
                changed);
    }

    /// The stream tables that are refreshed together.
    public List<AtomicGroup> groups(Session session) throws SQLException {
        look(session);
        return groups;
    }

    /// Reads the graph when it is another than the last time: that takes long for many stream
    /// tables.
    private void look(Session session) throws SQLException {
        String present = session.one("SELECT pgtrickle._graph_mark()", row -> row.getString(1));
        if (present.equals(graph)) {
            return;
        }
        backlog.graph(
                session.query(
                        """
                        SELECT d.buffer_name, d.pgt_id, s.refresh_mode = 'IMMEDIATE' FROM pgtrickle.pgt_dependencies d
                        JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = d.pgt_id WHERE d.buffer_name IS NOT NULL
                        """,
                        row ->
                                new Backlog.Reading(
                                        row.getString(1), row.getLong(2), row.getBoolean(3))));
        groups =
                session.query(
                        "SELECT members, slowest FROM pgtrickle._atomic_groups()",
                        row -> new AtomicGroup(Set.copyOf(row.longs(1)), row.getBoolean(2)));
        graph = present;
    }

    /// The ids of the differential stream tables that have pending changes; it may be one too many.
    /// One statement says which buffers have been written to since the last call. Now and then, and
    /// when the graph has changed, all frontiers are compared with all buffers.
    ///
    /// @param arm whether the next commit on a captured source sends a NOTIFY on channel
    ///   `pgtrickle_wake`
    public Set<Long> pending(Session session, boolean arm) throws SQLException {
        take(session, arm);
        if (otherGraph || System.nanoTime() - comparedAt >= COMPARISON_NANOS) {
            compare(session);
        }
        return backlog.waiting();
    }

    /// What changes meanwhile is compared again.
    private void compare(Session session) throws SQLException {
        otherGraph = false;
        boolean done = false;
        try {
            look(session);
            comparedAt = System.nanoTime();
            backlog.add(
                    session.query(
                            "SELECT pgt_id FROM pgtrickle.pending_changes()",
                            row -> row.getLong(1)));
            done = true;
        } finally {
            if (!done) {
                otherGraph = true;
            }
        }
    }

    /// Takes the news, so that they do not pile up while nobody asks what is pending. May be called
    /// by any thread.
    public void collect(Session session) throws SQLException {
        take(session, false);
    }

    /// Where the graph has changed, all is compared before the next answer: whom the news concern
    /// is not known yet.
    private void take(Session session, boolean arm) throws SQLException {
        List<String> news =
                session.one("SELECT pgtrickle._news(" + arm + ")", row -> row.strings(1));
        if (news.contains(CATALOG)) {
            otherGraph = true;
        }
        backlog.written(news);
    }

    /// Refreshes stream tables together, as [RefreshEngine#refreshTogether], and keeps in mind what
    /// is pending afterwards. May be called by any thread, with a session of its own.
    public List<RefreshOutcome> refresh(
            Session session, RefreshEngine engine, List<Long> ids, String initiator)
            throws SQLException {
        backlog.begin(ids);
        boolean done = false;
        try {
            List<RefreshOutcome> outcomes = engine.refreshTogether(session, ids, initiator);
            backlog.end(ids, outcomes);
            done = true;
            return outcomes;
        } finally {
            if (!done) {
                backlog.add(ids);
            }
        }
    }
}
