package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/// Removes what nobody needs any more: applied changes, old history, capture without readers, what
/// dropped tables have left.
///
/// Thread-safe; each call uses the given session.
public final class Upkeep {
    private static final int CLEAN_BATCH = 10_000;
    private static final int CLEAN_ROUNDS = 20;
    private static final long HISTORY_CLEAN_NANOS = Duration.ofMinutes(10).toNanos();

    private final AtomicLong historyCleanedAt =
            new AtomicLong(System.nanoTime() - HISTORY_CLEAN_NANOS);

    /// Deletes applied changes, in bounded batches, from every buffer, and now and then old history
    /// and jobs. A buffer with a consumer that has no frontier yet keeps everything: what that
    /// consumer will need is not known. One without pages is not asked.
    ///
    /// @return rows deleted
    public long cleanBuffers(Session session) throws SQLException {
        session.execute(
                "DELETE FROM pgtrickle_changes.statements WHERE xid < pg_snapshot_xmin(pg_current_snapshot())");
        long due = historyCleanedAt.get() + HISTORY_CLEAN_NANOS;
        if (System.nanoTime() - due >= 0) {
            historyCleanedAt.set(System.nanoTime());
            cleanHistory(session);
            JobQueue.clean(session);
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
                WHERE pg_relation_size(to_regclass('pgtrickle_changes.changes_' || r.buffer_name)) > 0
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
    /// the newest 10,000 entries. It must not take long: what every transaction leaves stays in the
    /// tables meanwhile.
    ///
    /// @return rows deleted
    private static long cleanHistory(Session session) throws SQLException {
        return session.update(
                """
                WITH kept AS MATERIALIZED (
                    SELECT nullif(pgtrickle.setting_or_default('history_retention_days'), '0')::int * interval '1 day' AS age
                ), bound AS MATERIALIZED (
                    SELECT s.pgt_id, now() - k.age AS since,
                           (SELECT o.refresh_id FROM pgtrickle.pgt_refresh_history o WHERE o.pgt_id = s.pgt_id
                            ORDER BY o.refresh_id DESC OFFSET 10000 LIMIT 1) AS surplus,
                           (SELECT o.start_time FROM pgtrickle.pgt_refresh_history o WHERE o.pgt_id = s.pgt_id
                            ORDER BY o.refresh_id LIMIT 1) AS oldest
                    FROM pgtrickle.pgt_stream_tables s CROSS JOIN kept k WHERE k.age IS NOT NULL
                )
                DELETE FROM pgtrickle.pgt_refresh_history h USING bound b
                WHERE h.pgt_id = b.pgt_id AND (b.surplus IS NOT NULL OR b.oldest < b.since)
                  AND (h.refresh_id <= b.surplus OR h.start_time < b.since)
                """);
    }

    /// Cleans up after what was dropped or renamed by plain SQL, as far as nobody holds locks on
    /// it.
    public static void tidy(Session session) throws SQLException {
        session.one("SELECT pgtrickle._tidy()::text", row -> row.getString(1));
    }

    /// Removes capture that nobody needs; in the caller's transaction.
    public static void releaseUnusedCapture(Session session) throws SQLException {
        Capture.releaseUnused(session);
    }
}
