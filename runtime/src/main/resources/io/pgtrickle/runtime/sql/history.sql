-- What refreshes did.

-- The last refreshes of a stream table, newest first; none for an unknown name.
CREATE FUNCTION pgtrickle.get_refresh_history(name text, max_rows int DEFAULT 20)
RETURNS TABLE (refresh_id bigint, data_timestamp timestamptz, start_time timestamptz, end_time timestamptz, action text,
    status text, rows_inserted bigint, rows_deleted bigint, duration_ms double precision, error_message text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT h.refresh_id, h.data_timestamp, h.start_time, h.end_time, h.action, h.status, h.rows_inserted, h.rows_deleted,
           h.duration_ms, h.error_message
    FROM pgtrickle.readable_refresh_history h WHERE h.pgt_id = pgtrickle.stream_table_id(name)
    ORDER BY h.refresh_id DESC LIMIT max_rows;
END;

-- The last refreshes of all stream tables, newest first.
CREATE FUNCTION pgtrickle.refresh_timeline(max_rows int DEFAULT 50)
RETURNS TABLE (start_time timestamptz, stream_table text, action text, status text, rows_inserted bigint,
    rows_deleted bigint, duration_ms double precision, error_message text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT h.start_time, format('%I.%I', s.pgt_schema, s.pgt_name), h.action, h.status, h.rows_inserted, h.rows_deleted,
           h.duration_ms, h.error_message
    FROM pgtrickle.readable_refresh_history h JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = h.pgt_id
    ORDER BY h.refresh_id DESC LIMIT max_rows;
END;

-- Sums over the history of each stream table.
CREATE VIEW pgtrickle.refresh_totals AS
SELECT s.pgt_id, count(h.refresh_id) AS total_refreshes,
       count(*) FILTER (WHERE h.status = 'COMPLETED') AS successful_refreshes,
       count(*) FILTER (WHERE h.status = 'FAILED') AS failed_refreshes,
       coalesce(sum(h.rows_inserted), 0)::bigint AS total_rows_inserted,
       coalesce(sum(h.rows_deleted), 0)::bigint AS total_rows_deleted,
       avg(h.duration_ms) FILTER (WHERE h.status = 'COMPLETED') AS avg_duration_ms,
       max(h.refresh_id) AS last_refresh_id,
       count(*) FILTER (WHERE h.status = 'COMPLETED' AND h.action = 'DIFFERENTIAL') AS diff_count,
       count(*) FILTER (WHERE h.status = 'COMPLETED' AND h.action IN ('FULL', 'REINITIALIZE')) AS full_count,
       avg(h.duration_ms) FILTER (WHERE h.status = 'COMPLETED' AND h.action = 'DIFFERENTIAL') AS avg_diff_ms,
       avg(h.duration_ms) FILTER (WHERE h.status = 'COMPLETED' AND h.action IN ('FULL', 'REINITIALIZE')) AS avg_full_ms,
       avg(h.delta_row_count) FILTER (WHERE h.status = 'COMPLETED' AND h.action = 'DIFFERENTIAL') AS avg_delta_rows
FROM pgtrickle.pgt_stream_tables s LEFT JOIN pgtrickle.readable_refresh_history h ON h.pgt_id = s.pgt_id
GROUP BY s.pgt_id;
GRANT SELECT ON pgtrickle.refresh_totals TO PUBLIC;

CREATE VIEW pgtrickle.pg_stat_stream_tables AS
SELECT s.pgt_id, s.pgt_schema, s.pgt_name, s.status, s.refresh_mode, s.is_populated, s.data_timestamp, s.schedule,
       s.staleness, s.stale, s.consecutive_errors, s.needs_reinit, s.last_refresh_at, t.total_refreshes,
       t.successful_refreshes, t.failed_refreshes, t.total_rows_inserted, t.total_rows_deleted, t.avg_duration_ms,
       l.action AS last_action, l.status AS last_status,
       ARRAY(SELECT DISTINCT d.cdc_mode FROM pgtrickle.pgt_dependencies d
             WHERE d.pgt_id = s.pgt_id AND d.source_type = 'TABLE' AND d.buffer_name IS NOT NULL ORDER BY 1) AS cdc_modes,
       s.scc_id, s.last_fixpoint_iterations, s.refresh_tier
FROM pgtrickle.stream_tables_info s JOIN pgtrickle.refresh_totals t ON t.pgt_id = s.pgt_id
LEFT JOIN pgtrickle.pgt_refresh_history l ON l.refresh_id = t.last_refresh_id;
GRANT SELECT ON pgtrickle.pg_stat_stream_tables TO PUBLIC;

CREATE FUNCTION pgtrickle.st_refresh_stats() RETURNS TABLE (pgt_name text, pgt_schema text, status text,
    refresh_mode text, is_populated boolean, total_refreshes bigint, successful_refreshes bigint, failed_refreshes bigint,
    total_rows_inserted bigint, total_rows_deleted bigint, avg_duration_ms double precision, last_refresh_action text,
    last_refresh_status text, last_refresh_at timestamptz, staleness_secs double precision, stale boolean,
    consecutive_errors int, schedule text, refresh_tier text, last_error_message text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.pgt_name, s.pgt_schema, s.status, s.refresh_mode, s.is_populated, t.total_refreshes, t.successful_refreshes,
           t.failed_refreshes, t.total_rows_inserted, t.total_rows_deleted, t.avg_duration_ms, l.action, l.status,
           s.last_refresh_at, extract(epoch FROM clock_timestamp() - s.data_timestamp)::double precision,
           -- Late, as in stream_tables_info, and three times over.
           CASE WHEN f.every IS NOT NULL THEN f.late AND coalesce(f.since_refresh > 3 * f.every, true) END,
           s.consecutive_errors, s.schedule, s.refresh_tier, s.last_error_message
    FROM pgtrickle.readable_stream_tables s
    JOIN pgtrickle.stream_table_freshness f ON f.pgt_id = s.pgt_id
    JOIN pgtrickle.refresh_totals t ON t.pgt_id = s.pgt_id
    LEFT JOIN pgtrickle.readable_refresh_history l ON l.refresh_id = t.last_refresh_id
    ORDER BY s.pgt_schema, s.pgt_name;
END;

-- The rows of the sources of each stream table, as PostgreSQL estimates them; NULL where it has never looked.
CREATE VIEW pgtrickle.source_rows AS
SELECT d.pgt_id, sum(CASE WHEN c.relkind = 'p'
           THEN (SELECT sum(nullif(l.reltuples, -1)) FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                 WHERE t.isleaf)
           ELSE nullif(c.reltuples, -1) END)::double precision AS source_rows
FROM pgtrickle.pgt_dependencies d JOIN pg_class c ON c.oid = d.source_relid
WHERE d.source_type <> 'VIEW' GROUP BY d.pgt_id;
GRANT SELECT ON pgtrickle.source_rows TO PUBLIC;

-- Differential against full refreshes. avg_change_ratio is changed source rows by source rows.
CREATE FUNCTION pgtrickle.refresh_efficiency() RETURNS TABLE (pgt_schema text, pgt_name text, refresh_mode text,
    total_refreshes bigint, diff_count bigint, full_count bigint, avg_diff_ms double precision,
    avg_full_ms double precision, avg_change_ratio double precision, diff_speedup text, last_refresh_at text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.pgt_schema, s.pgt_name, s.refresh_mode, t.total_refreshes, t.diff_count, t.full_count, t.avg_diff_ms,
           t.avg_full_ms, t.avg_delta_rows::double precision / nullif(r.source_rows, 0),
           round((t.avg_full_ms / nullif(t.avg_diff_ms, 0))::numeric, 1) || 'x', s.last_refresh_at::text
    FROM pgtrickle.readable_stream_tables s JOIN pgtrickle.refresh_totals t ON t.pgt_id = s.pgt_id
    LEFT JOIN pgtrickle.source_rows r ON r.pgt_id = s.pgt_id
    ORDER BY s.pgt_schema, s.pgt_name;
END;

-- The queue of refreshes: what is active, and what has finished within the last seconds.
CREATE FUNCTION pgtrickle.parallel_job_status(max_age_seconds int DEFAULT 300) RETURNS TABLE (job_id bigint,
    unit_key text, unit_kind text, status text, member_count int, attempt_no int, scheduler_pid int, worker_pid int,
    enqueued_at timestamptz, started_at timestamptz, finished_at timestamptz, duration_ms double precision)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT j.job_id, j.unit_key, j.unit_kind, j.status, cardinality(j.member_pgt_ids), j.attempt_no, j.scheduler_pid,
           j.worker_pid, j.enqueued_at, j.started_at, j.finished_at,
           (extract(epoch FROM coalesce(j.finished_at, clock_timestamp()) - j.started_at) * 1000)::double precision
    FROM pgtrickle.pgt_scheduler_jobs j
    WHERE j.finished_at IS NULL OR j.finished_at > clock_timestamp() - make_interval(secs => max_age_seconds)
    ORDER BY j.job_id;
END;
