package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The table `pgt_scheduler_jobs`, which only shows what a scheduler does: nothing is decided by
/// it, so nobody waits until it is on disk.
///
/// Each call uses the given session, which must be in autocommit mode: the one that holds the
/// lease.
public final class JobQueue {
    private JobQueue() {}

    /// Ends what a service before this one has left.
    ///
    /// @return a number above those of all changes of the graph that the table knows
    public static long takeOver(Session session) throws SQLException {
        return session.one(
                """
                WITH lost AS (
                    UPDATE pgtrickle.pgt_scheduler_jobs SET status = 'CANCELLED', finished_at = clock_timestamp(),
                        outcome_detail = 'the service ended', retryable = true
                    WHERE finished_at IS NULL)
                SELECT coalesce(max(dag_version), 0) + 1 FROM pgtrickle.pgt_scheduler_jobs
                """,
                row -> row.getLong(1));
    }

    /// Writes jobs with one statement: new ones, and what has become of others.
    ///
    /// @return the ids of those that have not ended, by their numbers
    public static Map<Long, Long> write(Session session, List<Job> jobs) throws SQLException {
        Map<Long, Long> ids = new HashMap<>();
        session.query(
                """
                WITH given AS MATERIALIZED (
                    SELECT coalesce(j.job_id, nextval('pgtrickle.pgt_scheduler_jobs_job_id_seq')) AS id, j.*
                    FROM jsonb_to_recordset(CAST(? AS jsonb)) j(number bigint, job_id bigint, dag_version bigint,
                            unit_key text, unit_kind text, members bigint[], root bigint, status text, worker int,
                            attempt int, enqueued timestamptz, started timestamptz, finished timestamptz, detail text),
                        set_config('synchronous_commit', 'off', true)
                ), written AS (
                    INSERT INTO pgtrickle.pgt_scheduler_jobs AS q (job_id, dag_version, unit_key, unit_kind,
                        member_pgt_ids, root_pgt_id, status, scheduler_pid, worker_pid, attempt_no, enqueued_at,
                        started_at, finished_at, outcome_detail, retryable)
                    SELECT g.id, g.dag_version, g.unit_key, g.unit_kind, g.members, g.root, g.status,
                           pg_backend_pid(), g.worker, g.attempt, g.enqueued, g.started, g.finished, g.detail,
                           CASE WHEN g.finished IS NOT NULL AND g.status <> 'SUCCEEDED'
                               THEN g.status <> 'PERMANENT_FAILED' END
                    FROM given g
                    ON CONFLICT (job_id) DO UPDATE SET status = EXCLUDED.status, worker_pid = EXCLUDED.worker_pid,
                        started_at = EXCLUDED.started_at, finished_at = EXCLUDED.finished_at,
                        outcome_detail = EXCLUDED.outcome_detail, retryable = EXCLUDED.retryable
                )
                SELECT g.number, g.id FROM given g WHERE g.finished IS NULL
                """,
                row -> ids.put(row.getLong(1), row.getLong(2)),
                json(jobs));
        return ids;
    }

    private static String json(List<Job> jobs) {
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        for (Job job : jobs) {
            ObjectNode row = rows.addObject();
            row.put("number", job.number());
            job.id().ifPresent(it -> row.put("job_id", it));
            row.put("dag_version", job.graph());
            row.put("unit_key", job.unit().key());
            row.put("unit_kind", job.unit().kind());
            ArrayNode members = row.putArray("members");
            job.unit().members().forEach(members::add);
            row.put("root", job.unit().root());
            row.put("status", job.outcome().status().name());
            job.worker().ifPresent(it -> row.put("worker", it));
            row.put("attempt", job.attempt());
            row.put("enqueued", job.times().enqueued().toString());
            job.times().started().ifPresent(it -> row.put("started", it.toString()));
            job.times().finished().ifPresent(it -> row.put("finished", it.toString()));
            job.outcome().detail().ifPresent(it -> row.put("detail", it.replace("\0", "")));
        }
        return rows.toString();
    }

    /// Deletes what ended an hour ago, and all but the newest 100,000.
    ///
    /// @return rows deleted
    static long clean(Session session) throws SQLException {
        return session.update(
                """
                DELETE FROM pgtrickle.pgt_scheduler_jobs j WHERE j.finished_at < now() - interval '1 hour'
                    OR j.finished_at IS NOT NULL AND j.job_id <= (SELECT max(n.job_id) - 100000 FROM pgtrickle.pgt_scheduler_jobs n)
                """);
    }
}
