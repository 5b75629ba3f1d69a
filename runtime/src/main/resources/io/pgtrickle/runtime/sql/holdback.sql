-- What holds scheduled refreshes back: gates, watermarks that are apart or stand still, fuses.

-- What has rows in common with a table: itself, its partitions and children, and what it is one of.
CREATE FUNCTION pgtrickle._relatives(source oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE below(oid) AS (
        SELECT source
        UNION
        SELECT i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
    ), above(oid) AS (
        SELECT source
        UNION
        SELECT i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.oid
    )
    SELECT oid FROM below UNION SELECT oid FROM above
$$;

-- Whether a stream table reads rows of a table, through views as well, but not through other stream tables.
CREATE FUNCTION pgtrickle._reads(id bigint, source oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pgtrickle.pgt_dependencies d
        WHERE d.pgt_id = id AND d.source_type <> 'VIEW' AND d.source_relid IN (SELECT pgtrickle._relatives(source)))
$$;

-- What holds a cycle of stream tables back: a member that is not refreshed, or that cycles are not permitted any more.
CREATE FUNCTION pgtrickle._cycle_held(cycle int) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%I.%I, of the same cycle, is %s', s.pgt_schema, s.pgt_name, s.status)
    FROM pgtrickle.pgt_stream_tables s WHERE s.scc_id = cycle AND s.status IN ('SUSPENDED', 'ERROR')
    UNION ALL
    SELECT 'it is in a cycle, and pg_trickle.allow_circular is off'
    WHERE pgtrickle.setting_or_default('allow_circular') <> 'true'
    ORDER BY 1 LIMIT 1
$$;

-- What holds a stream table back, no row when nothing does: the reason, the part of it that stays the same as long as it is
-- the same, and what is to be told about it. Gates come before watermarks.
CREATE FUNCTION pgtrickle._held(id bigint, OUT key text, OUT reason text, OUT event jsonb) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH gate AS (
        SELECT format('source gated: %s', pgtrickle.relation_name(g.source_relid)) AS key
        FROM pgtrickle.pgt_source_gates g WHERE g.gated AND pgtrickle._reads(id, g.source_relid)
    ), source AS MATERIALIZED (
        SELECT DISTINCT g.group_id, g.group_name, g.tolerance_secs, u.relid, w.watermark, w.updated_at
        FROM pgtrickle.pgt_watermark_groups g CROSS JOIN unnest(g.source_relids) u(relid)
        JOIN pgtrickle.pgt_watermarks w ON w.source_relid = u.relid
        WHERE pgtrickle._reads(id, u.relid)
    ), apart AS (
        SELECT format('watermarks misaligned: group %I, ', s.group_name) AS key,
               extract(epoch FROM max(s.watermark) - min(s.watermark))::double precision AS lag, s.tolerance_secs
        FROM source s GROUP BY s.group_id, s.group_name, s.tolerance_secs HAVING count(*) > 1
    ), limits AS MATERIALIZED (
        SELECT pgtrickle.setting_or_default('watermark_holdback_timeout')::int AS age
        WHERE EXISTS (SELECT FROM source)
    ), stuck AS (
        SELECT DISTINCT ON (s.relid) format('watermark stuck: %s, ', pgtrickle.relation_name(s.relid)) AS key, s.group_name,
               s.relid, extract(epoch FROM clock_timestamp() - s.updated_at)::bigint AS age
        FROM source s CROSS JOIN limits l
        WHERE l.age > 0 AND s.updated_at < clock_timestamp() - make_interval(secs => l.age)
        ORDER BY s.relid, s.group_name
    ), found AS (
        SELECT 0 AS n, c.key, c.key AS reason, NULL::jsonb AS event
        FROM pgtrickle.pgt_stream_tables s CROSS JOIN LATERAL pgtrickle._cycle_held(s.scc_id) c(key)
        WHERE s.pgt_id = id AND s.scc_id IS NOT NULL
        UNION ALL
        SELECT 1, g.key, g.key, NULL FROM gate g
        UNION ALL
        SELECT 2, a.key, format('%s%s s apart, tolerance %s s', a.key, a.lag, a.tolerance_secs), NULL
        FROM apart a WHERE a.lag > a.tolerance_secs
        UNION ALL
        SELECT 3, s.key, format('%snot advanced for %s s', s.key, s.age), jsonb_build_object(
            'event', 'watermark_stuck', 'group', s.group_name, 'source_oid', s.relid::bigint, 'age_secs', s.age)
        FROM stuck s)
    SELECT f.key, f.reason, f.event FROM found f ORDER BY f.n, f.key LIMIT 1
$$;

-- The rows of a stream table's sources that are pending, as far as its frontier can tell.
CREATE FUNCTION pgtrickle._pending_rows(id bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(b.pending_rows), 0)::bigint FROM pgtrickle.backlog(NULL, id) b
$$;

-- How many pending rows blow the fuse of a stream table, NULL for no number. With mode 'auto' it is ten times the second
-- largest change among its last 20 refreshes, so that one that was allowed by hand does not raise it, and at least the
-- fixed ceiling, or 1000 where there is none; with fewer than five refreshes, the fixed one.
CREATE FUNCTION pgtrickle._fuse_ceiling(id bigint, mode text, own bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH fixed(ceiling) AS (
        SELECT CASE WHEN own > 0 THEN own
            ELSE nullif(pgtrickle.setting_or_default('fuse_default_ceiling')::bigint, 0) END
    ), latest AS (
        SELECT h.delta_row_count AS size FROM pgtrickle.pgt_refresh_history h
        WHERE mode = 'auto' AND h.pgt_id = id AND h.status = 'COMPLETED' AND h.delta_row_count > 0
        ORDER BY h.refresh_id DESC LIMIT 20
    ), usual(size) AS (
        SELECT (array_agg(l.size ORDER BY l.size DESC))[2] FROM latest l HAVING count(*) >= 5)
    SELECT CASE WHEN u.size IS NULL THEN f.ceiling ELSE greatest(coalesce(f.ceiling, 1000), 10 * u.size) END
    FROM fixed f LEFT JOIN usual u ON true
$$;

-- Tells listeners something about a stream table, unless their sessions may be shared behind a pooler.
CREATE FUNCTION pgtrickle._tell(id bigint, event jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_notify('pgtrickle_alert', (event || jsonb_build_object(
        'stream_table', format('%I.%I', s.pgt_schema, s.pgt_name)))::text)
    FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id AND NOT s.pooler_compatibility_mode
$$;

-- Writes that a scheduled refresh was held back, once for as long as it is for the same reason.
--
-- Returns the reason when it was written; NULL when it was before, or when nothing holds the stream table back any more.
CREATE FUNCTION pgtrickle._note_held(id bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held record;
BEGIN
    SELECT * INTO held FROM pgtrickle._held(id);
    IF held.reason IS NULL OR EXISTS (
            SELECT FROM (SELECT h.action, h.error_message FROM pgtrickle.pgt_refresh_history h WHERE h.pgt_id = id
                         ORDER BY h.refresh_id DESC LIMIT 1) l
            WHERE l.action = 'SKIP' AND starts_with(l.error_message, held.key)) THEN
        RETURN NULL;
    END IF;
    PERFORM pgtrickle._skipped(id, held.reason);
    PERFORM pgtrickle._tell(id, held.event) WHERE held.event IS NOT NULL;
    RETURN held.reason;
END
$$;

-- An entry of the history about a refresh that did nothing.
CREATE FUNCTION pgtrickle._skipped(id bigint, reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pgtrickle.pgt_refresh_history
        (pgt_id, data_timestamp, start_time, end_time, action, status, initiated_by, error_message)
    SELECT s.pgt_id, coalesce(s.data_timestamp, now()), now(), clock_timestamp(), 'SKIP', 'SKIPPED', 'SCHEDULER', reason
    FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id
$$;

-- Blows the fuse of a stream table, which a refresh found to have so many pending rows beyond a frontier: it is SUSPENDED
-- until reset_fuse(). Returns why; NULL when it was refreshed or altered meanwhile.
CREATE FUNCTION pgtrickle._blow_fuse(id bigint, pending bigint, applied text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s pgtrickle.pgt_stream_tables;
    ceiling bigint;
    reason text;
BEGIN
    SELECT * INTO s FROM pgtrickle.pgt_stream_tables t
    WHERE t.pgt_id = id AND t.fuse_mode <> 'off' AND t.status <> 'SUSPENDED' AND t.frontier ->> 'snapshot' = applied
    FOR UPDATE;
    ceiling := pgtrickle._fuse_ceiling(id, s.fuse_mode, s.fuse_ceiling);
    IF ceiling IS NULL OR pending <= ceiling + coalesce(s.fuse_allowance, 0) THEN
        RETURN NULL;
    END IF;
    reason := format('%s pending rows, ceiling %s', pending, ceiling);
    UPDATE pgtrickle.pgt_stream_tables SET status = 'SUSPENDED', fuse_state = 'blown', blown_at = now(),
        blow_reason = reason, fuse_strikes = 0, fuse_allowance = pending, updated_at = now()
    WHERE pgt_id = id;
    PERFORM pgtrickle._skipped(id, 'fuse blown: ' || reason);
    PERFORM pgtrickle._tell(id, jsonb_build_object('event', 'fuse_blown', 'pending', pending, 'ceiling', ceiling));
    RETURN reason;
END
$$;
