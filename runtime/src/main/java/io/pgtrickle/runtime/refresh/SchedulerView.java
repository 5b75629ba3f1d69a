package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a scheduler sees of the database: which stream tables there are and what is pending.
///
/// One thread. Each call uses the given session, which must be in autocommit mode and is left so.
public final class SchedulerView {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerView.class);

    private final SourceWatch sources = new SourceWatch();
    private List<AtomicGroup> groups = List.of();
    private String groupsOf = "";

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
                       NOT s.pooler_compatibility_mode
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
                                row.getBoolean(10)),
                changed,
                changed,
                changed);
    }

    /// The stream tables that are refreshed together. They are looked for only when the graph is
    /// another than the last time: that takes long for many stream tables.
    public List<AtomicGroup> groups(Session session) throws SQLException {
        String graph = session.one("SELECT pgtrickle._graph_mark()", row -> row.getString(1));
        if (!graph.equals(groupsOf)) {
            groups =
                    session.query(
                            "SELECT members, slowest FROM pgtrickle._atomic_groups()",
                            row -> new AtomicGroup(Set.copyOf(row.longs(1)), row.getBoolean(2)));
            groupsOf = graph;
        }
        return groups;
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

    /// Arms the wake-up: the next commit on a captured source sends one NOTIFY on channel
    /// `pgtrickle_wake`.
    public void armWake(Session session) throws SQLException {
        session.execute(
                "SELECT setval('pgtrickle.pgt_wake_armed', 1, false) FROM pgtrickle.pgt_wake_armed WHERE is_called");
    }
}
