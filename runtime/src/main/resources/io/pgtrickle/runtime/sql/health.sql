-- One look at everything.

CREATE VIEW pgtrickle.quick_health AS
SELECT h.total_stream_tables, h.error_tables, h.stale_tables, pgtrickle.scheduler_running() AS scheduler_running,
       CASE WHEN h.total_stream_tables = 0 THEN 'EMPTY' WHEN h.suspended > 0 THEN 'CRITICAL'
           WHEN h.error_tables > 0 OR h.stale_tables > 0 THEN 'WARNING' ELSE 'OK' END AS status
FROM (SELECT count(*) AS total_stream_tables,
             count(*) FILTER (WHERE s.status = 'ERROR' OR s.consecutive_errors > 0) AS error_tables,
             count(*) FILTER (WHERE s.stale) AS stale_tables,
             count(*) FILTER (WHERE s.status = 'SUSPENDED') AS suspended
      FROM pgtrickle.stream_tables_info s) h;
GRANT SELECT ON pgtrickle.quick_health TO PUBLIC;

-- The same, with more numbers. No statements are cached in the database, so there is no cache_hit_rate.
CREATE FUNCTION pgtrickle.health_summary() RETURNS TABLE (total_stream_tables int, active_count int, error_count int,
    suspended_count int, stale_count int, reinit_pending int, max_staleness_seconds double precision,
    scheduler_status text, cache_hit_rate double precision)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT count(*)::int, (count(*) FILTER (WHERE s.status = 'ACTIVE'))::int,
           (count(*) FILTER (WHERE s.status = 'ERROR'))::int, (count(*) FILTER (WHERE s.status = 'SUSPENDED'))::int,
           (count(*) FILTER (WHERE s.stale))::int, (count(*) FILTER (WHERE s.needs_reinit))::int,
           max(extract(epoch FROM clock_timestamp() - s.data_timestamp))::double precision,
           CASE WHEN pgtrickle.scheduler_running() THEN 'ACTIVE' ELSE 'STOPPED' END, NULL::double precision
    FROM pgtrickle.stream_tables_info s;
END;

-- How many there are of something, and the first of them.
CREATE FUNCTION pgtrickle.counted(what text, names text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN names IS NULL THEN 'no ' || what
        ELSE cardinality(names) || ' ' || what || ': ' || array_to_string(names[:10], ', ')
            || CASE WHEN cardinality(names) > 10 THEN ', ...' ELSE '' END END
$$;

-- One row a check. severity is OK, WARN or ERROR.
CREATE FUNCTION pgtrickle.health_check() RETURNS TABLE (check_name text, severity text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH tables AS MATERIALIZED (
        SELECT s.*, format('%I.%I', s.pgt_schema, s.pgt_name) AS name FROM pgtrickle.stream_tables_info s
    ), found(n, check_name, bad, names, what) AS (
        SELECT 2, 'error_tables', 'ERROR', array_agg(name || ' (' || status || ')' ORDER BY name),
               'stream tables in status ERROR or SUSPENDED'
        FROM tables WHERE status IN ('ERROR', 'SUSPENDED')
        UNION ALL
        SELECT 3, 'stale_tables', 'WARN', array_agg(name ORDER BY name), 'stream tables behind their schedule'
        FROM tables WHERE stale
        UNION ALL
        SELECT 4, 'needs_reinit', 'WARN', array_agg(name ORDER BY name), 'stream tables to be recomputed'
        FROM tables WHERE needs_reinit
        UNION ALL
        SELECT 5, 'consecutive_errors', 'WARN', array_agg(format('%s (%s)', name, consecutive_errors) ORDER BY name),
               'stream tables that failed in their last refresh'
        FROM tables WHERE consecutive_errors > 0
        UNION ALL
        SELECT 6, 'buffer_growth', 'WARN',
               array_agg(format('%s from %s (%s)', b.stream_table, b.source_table, b.pending_rows)
                         ORDER BY b.pending_rows DESC), 'backlogs of more than 10000 rows'
        FROM pgtrickle.change_buffer_sizes() b WHERE b.pending_rows > 10000
        UNION ALL
        SELECT 7, 'slot_lag', 'WARN', array_agg(format('%s (%s)', h.slot_name,
                   coalesce(pg_size_pretty(h.retained_wal_bytes), 'missing')) ORDER BY h.slot_name),
               'replication slots that are late or missing'
        FROM pgtrickle.slot_health() h
        WHERE h.wal_status = 'missing'
           OR h.retained_wal_bytes > (SELECT pgtrickle.setting_or_default('slot_lag_warning_threshold_mb')::numeric * 1048576)
        UNION ALL
        SELECT 8, 'capture', 'ERROR', array_agg(format('%s (%s)', c.source_table, c.alert) ORDER BY c.source_table),
               'sources with a broken capture'
        FROM pgtrickle.check_cdc_health() c WHERE c.alert IS NOT NULL AND NOT starts_with(c.alert, 'replication slot')
        UNION ALL
        SELECT 9, 'storage', 'ERROR', array_agg(name ORDER BY name), 'stream tables without their table'
        FROM tables t WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.pgt_relid)
        UNION ALL
        SELECT 10, 'settings', 'WARN', array_agg(format('%s = %s', g.name, g.value) ORDER BY g.name),
               'invalid settings'
        FROM pgtrickle.settings() g WHERE NOT g.valid
        UNION ALL
        SELECT 11, 'worker_pool', 'WARN', array_agg(q.unit_key ORDER BY q.job_id), 'refreshes that wait for a worker'
        FROM pgtrickle.parallel_job_status(0) q, pgtrickle.worker_pool_status() w
        WHERE q.status = 'QUEUED' AND w.parallel_mode <> 'off' AND w.active_workers >= least(w.per_db_cap, w.max_workers)
        UNION ALL
        SELECT 12, 'job_queue', 'WARN', CASE WHEN count(*) > 10 THEN array_agg(q.unit_key ORDER BY q.job_id) END,
               'refreshes that are due and wait'
        FROM pgtrickle.parallel_job_status(0) q, pgtrickle.worker_pool_status() w
        WHERE q.status = 'QUEUED' AND w.parallel_mode <> 'off'
    )
    SELECT c.check_name, c.severity, c.detail FROM (
        SELECT 1 AS n, 'scheduler_running' AS check_name,
               CASE WHEN r.running OR pg_is_in_recovery() THEN 'OK' ELSE 'ERROR' END AS severity,
               CASE WHEN pg_is_in_recovery()
                       THEN 'This server is a hot standby: a service works for its primary, and here after a promotion.'
                   WHEN r.running THEN 'A service refreshes this database.'
                   ELSE 'No service refreshes this database; start one with "pgtrickle serve".' END AS detail
        FROM pgtrickle.scheduler_running() r(running)
        UNION ALL
        SELECT f.n, f.check_name, CASE WHEN f.names IS NULL THEN 'OK' ELSE f.bad END,
               pgtrickle.counted(f.what, f.names)
        FROM found f) c
    ORDER BY c.n
$$;

-- What lasts and is told again and again: fuses that have blown, and buffers in which much waits. Buffers are not looked at
-- that are too small for so many rows, even compressed.
CREATE FUNCTION pgtrickle._lasting() RETURNS TABLE (pgt_id bigint, event text, pgt_schema text, pgt_name text,
    details jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH threshold AS MATERIALIZED (
        SELECT pgtrickle.setting_or_default('buffer_alert_threshold')::bigint AS pending_rows)
    SELECT s.pgt_id, 'fuse_blown_reminder', s.pgt_schema, s.pgt_name, jsonb_build_object(
               'blown_seconds', extract(epoch FROM clock_timestamp() - s.blown_at)::bigint, 'reason', s.blow_reason)
    FROM pgtrickle.pgt_stream_tables s WHERE s.fuse_state = 'blown' AND NOT s.pooler_compatibility_mode
    UNION ALL
    SELECT s.pgt_id, 'buffer_growth_warning', s.pgt_schema, s.pgt_name, jsonb_build_object(
               'slot_name', large.name, 'source_table', pgtrickle.relation_name(d.source_relid),
               'pending_bytes', large.bytes, 'pending_rows', b.pending_rows)
    FROM threshold t CROSS JOIN LATERAL (
        SELECT c.relname::text AS name, pg_total_relation_size(c.oid) AS bytes FROM pg_class c
        WHERE c.relnamespace = 'pgtrickle_changes'::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relname ~ '^changes_' AND pg_table_size(c.oid) > greatest(65536, t.pending_rows / 10)) large
    JOIN pgtrickle.pgt_dependencies d ON 'changes_' || d.buffer_name = large.name
    JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = d.pgt_id AND NOT s.pooler_compatibility_mode
    JOIN LATERAL pgtrickle.backlog(NULL, s.pgt_id) b ON b.buffer_name = d.buffer_name
    WHERE b.pending_rows > t.pending_rows
$$;
REVOKE ALL ON FUNCTION pgtrickle._lasting() FROM PUBLIC;
