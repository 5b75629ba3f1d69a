-- Hashes of texts, and numbers about the engine.

-- 64 bits of a text. The values are PostgreSQL's own, not those of other versions of pg_trickle.
CREATE FUNCTION pgtrickle.pg_trickle_hash(input text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hash_array_extended(ARRAY[input] COLLATE "C", 5871781006564002453);

-- 64 bits of several texts; a NULL is unlike any text, and where one ends and the next begins counts.
CREATE FUNCTION pgtrickle.pg_trickle_hash_multi(inputs text[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hash_array_extended(coalesce(inputs, '{}') COLLATE "C", 5871781006564002453);

-- How often changes had to be netted by a pass of their own: never, since refreshes consolidate them as they apply them.
CREATE FUNCTION pgtrickle.dedup_stats(OUT total_diff_refreshes bigint, OUT dedup_needed bigint,
    OUT dedup_ratio_pct double precision) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT count(*), count(*) FILTER (WHERE h.merge_strategy_used = 'DEDUP'),
           coalesce(100.0 * count(*) FILTER (WHERE h.merge_strategy_used = 'DEDUP') / nullif(count(*), 0), 0)::float8
    FROM pgtrickle.readable_refresh_history h WHERE h.action = 'DIFFERENTIAL' AND h.status = 'COMPLETED';
END;

-- This database's refreshes that run, as they were a second ago, and how many may; without a service, what it would be told.
CREATE FUNCTION pgtrickle.worker_pool_status(OUT active_workers int, OUT max_workers int, OUT per_db_cap int,
    OUT parallel_mode text) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT (SELECT count(*)::int FROM pgtrickle.pgt_scheduler_jobs j WHERE j.status = 'RUNNING'
              AND pgtrickle.scheduler_running()),
           coalesce(w.max_workers, pgtrickle.setting_or_default('max_dynamic_refresh_workers')::int),
           coalesce(w.per_db_cap, nullif(pgtrickle.setting_or_default('per_database_worker_quota')::int, 0),
               pgtrickle.setting_or_default('max_concurrent_refreshes')::int),
           coalesce(w.parallel_mode, pgtrickle.setting_or_default('parallel_refresh_mode'))
    FROM (VALUES (1)) one(row) LEFT JOIN pgtrickle.pgt_service w ON pgtrickle.scheduler_running();
END;

-- The compiled stream tables that the service keeps for calls: how often one was there, how often one had to be compiled,
-- how many were dropped because something had changed. There is one level of them.
CREATE FUNCTION pgtrickle.cache_stats(OUT l1_hits bigint, OUT l2_hits bigint, OUT misses bigint, OUT evictions bigint,
    OUT l1_size int) RETURNS SETOF record
LANGUAGE sql
BEGIN ATOMIC
    SELECT r.l1_hits, r.l2_hits, r.misses, r.evictions, r.l1_size
    FROM jsonb_to_record(pgtrickle._call('cache_stats', '{}'))
        AS r(l1_hits bigint, l2_hits bigint, misses bigint, evictions bigint, l1_size int);
END;
