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
/// What was read need not be read again as long as no transaction of the server has ended and its
/// configuration was not loaded: [#look] says so.
///
/// One thread, but for [#refresh]. Each call uses the given session, which must be in autocommit
/// mode and is left so.
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
    private boolean otherGraph;
    private long comparedAt = System.nanoTime() - COMPARISON_NANOS;

    /// What the server's state was called by the last look, and before what was last read of it.
    private String state = "";

    private String loadedState = "";
    private String watchedState = "";
    private String comparedState = "";

    /// What came of a look.
    ///
    /// @param holds whether the condition that was asked for is true
    /// @param changed whether [#load] may find something else than the last time
    public record Look(boolean holds, boolean changed) {}

    /// Takes the news, and says whether there may be more: one statement, which costs the same for
    /// any number of stream tables.
    ///
    /// The set of the transactions that a snapshot sees is all that the contents of the catalogs
    /// depend on; settings also depend on files. A snapshot that is taken before something is read
    /// is at worst older than what was read.
    ///
    /// @param arm as in [#news]
    /// @param condition in SQL
    public Look look(Session session, boolean arm, String condition) throws SQLException {
        return session.one(
                "SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_current_snapshot(), pg_catalog.pg_conf_load_time()), "
                        + condition
                        + ", pgtrickle._news("
                        + arm
                        + ")",
                row -> {
                    state = row.getString(1);
                    boolean changed =
                            take(row.strings(3))
                                    || !state.equals(loadedState)
                                    || (!state.equals(watchedState) && sources.isDue());
                    return new Look(row.getBoolean(2), changed);
                });
    }

    /// All stream tables that a scheduler may refresh: status ACTIVE or INITIALIZING, and those in
    /// ERROR for which something has changed since. What was dropped or renamed by plain SQL is
    /// cleaned up first.
    public List<Schedulable> load(Session session) throws SQLException {
        boolean tidy = !session.one("SELECT pgtrickle._untidy()", row -> row.getBoolean(1));
        if (!tidy) {
            try {
                Upkeep.tidy(session);
            } catch (SQLException e) {
                // What there is to refresh must not wait for it.
                LOG.warn("Cleaning up after dropped tables failed: {}", Errors.message(e));
            }
        }
        if (sources.look(session)) {
            watchedState = state;
        }
        List<Schedulable> tables = tables(session);
        loadedState = tidy ? state : "";
        return tables;
    }

    private List<Schedulable> tables(Session session) throws SQLException {
        Session.ArrayOf changed = new Session.ArrayOf("int8", List.copyOf(sources.changed()));
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
        readGraph(session);
        return groups;
    }

    /// Reads the graph when it is another than the last time: that takes long for many stream
    /// tables.
    private void readGraph(Session session) throws SQLException {
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

    /// Takes the news: which buffers have been written to since the last call.
    ///
    /// @param arm whether the next commit on a captured source sends a NOTIFY on channel
    ///   `pgtrickle_wake`
    /// @return whether there are other edges between stream tables, or other stream tables, so that
    ///   what is refreshed together may be another
    public boolean news(Session session, boolean arm) throws SQLException {
        return take(session.one("SELECT pgtrickle._news(" + arm + ")", row -> row.strings(1)));
    }

    /// Where the graph has changed, all is compared before the next answer: whom the news concern
    /// is not known yet.
    private boolean take(List<String> news) {
        boolean other = news.contains(CATALOG);
        otherGraph |= other;
        backlog.written(news);
        return other;
    }

    /// The ids of the differential stream tables that have pending changes; it may be one too many.
    /// The news say it. Now and then, and when the graph has changed, all frontiers are compared
    /// with all buffers.
    public Set<Long> pending(Session session) throws SQLException {
        if (otherGraph || System.nanoTime() - comparedAt >= COMPARISON_NANOS) {
            compare(session);
        }
        return backlog.waiting();
    }

    /// What changes meanwhile is compared again.
    private void compare(Session session) throws SQLException {
        if (!otherGraph && state.equals(comparedState)) {
            return;
        }
        boolean done = false;
        otherGraph = false;
        try {
            readGraph(session);
            comparedAt = System.nanoTime();
            backlog.add(
                    session.query(
                            "SELECT pgt_id FROM pgtrickle.pending_changes()",
                            row -> row.getLong(1)));
            comparedState = state;
            done = true;
        } finally {
            if (!done) {
                otherGraph = true;
            }
        }
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
