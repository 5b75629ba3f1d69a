-- The state of every stream table.

-- The version of these functions.
CREATE FUNCTION pgtrickle.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '0.1.0';

-- Compares it with the version of the catalog, as JSON; warns when they differ.
CREATE FUNCTION pgtrickle.version_check() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    installed text := (SELECT v.version FROM pgtrickle.pgt_schema_version v ORDER BY v.applied_at DESC LIMIT 1);
BEGIN
    IF installed IS DISTINCT FROM pgtrickle.version() THEN
        RAISE WARNING 'pg_trickle: the functions are of version %, the catalog is of version %', pgtrickle.version(),
            coalesce(installed, 'unknown') USING HINT = 'Run "pgtrickle install" of one version.';
    END IF;
    RETURN json_build_object('library_version', pgtrickle.version(), 'extension_version', installed,
        'pg_version', current_setting('server_version'),
        'version_match', installed IS NOT DISTINCT FROM pgtrickle.version());
END
$$;

-- The duration that a schedule is; NULL for 'calculated', for cron schedules, and for what is no schedule.
CREATE FUNCTION pgtrickle.parse_duration(input text) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    WITH given(schedule) AS (SELECT btrim(input, E' \t\n\r\f\v')),
    duration(ms) AS (
        SELECT sum(p[1]::numeric * CASE p[2] WHEN 'ms' THEN 1 WHEN '' THEN 1000 WHEN 's' THEN 1000 WHEN 'm' THEN 60000
            WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000 ELSE 604800000 END)
        FROM given, regexp_matches(schedule, '([0-9]+)(ms|[smhdw]|)', 'g') AS p
        WHERE schedule ~ '^([0-9]+|([0-9]+(ms|[smhdw]))+)$')
    SELECT make_interval(secs => (ms / 1000)::float8) FROM duration
    WHERE ms <= 9223372036854775 -- milliseconds, so that the microseconds of an interval hold it
$$;

-- The same in seconds, rounded up: a shorter schedule is not an endless one.
CREATE FUNCTION pgtrickle.parse_duration_seconds(input text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ceil(extract(epoch FROM pgtrickle.parse_duration(input)))::bigint
$$;

-- Whether a service holds the lease of this database.
CREATE FUNCTION pgtrickle.scheduler_running() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0x70677472
        AND l.objid = 1 AND l.objsubid = 2
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
$$;

-- What is pending for each stream table in each change buffer that it consumes, as far as its frontier can tell: counts of
-- batches and of rows. most limits how many batches are looked at, NULL for all; single names one stream table.
CREATE FUNCTION pgtrickle.backlog(most int, single bigint DEFAULT NULL, OUT pgt_id bigint, OUT buffer_name text, OUT batches bigint,
    OUT pending_rows bigint, OUT truncated boolean) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counts text;
BEGIN
    SELECT string_agg(format(
        'SELECT %s::bigint, %L::text, count(*), coalesce(sum(b.row_count), 0)::bigint, coalesce(bool_or(b.truncated), false)'
            || ' FROM (SELECT row_count, truncated FROM pgtrickle_changes.%I WHERE xid >= pg_snapshot_xmin(%L)'
            || ' AND NOT pg_visible_in_snapshot(xid, %L) AND (xid = %L::xid8 AND change_id <= %L::bigint) IS NOT TRUE'
            || ' LIMIT %s) b',
        s.pgt_id, d.buffer_name, 'changes_' || d.buffer_name, s.frontier ->> 'snapshot', s.frontier ->> 'snapshot',
        s.frontier ->> 'own_xid', s.frontier -> 'own_changes' ->> d.buffer_name,
        coalesce(most::text, 'ALL')), ' UNION ALL ')
    INTO counts
    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = d.pgt_id
    WHERE d.buffer_name IS NOT NULL AND s.frontier ->> 'snapshot' IS NOT NULL AND s.pgt_id = coalesce(single, s.pgt_id)
      AND s.frontier ->> 'system_identifier' = (SELECT c.system_identifier FROM pg_control_system() c)::text
      AND to_regclass(format('pgtrickle_changes.%I', 'changes_' || d.buffer_name)) IS NOT NULL;
    IF counts IS NOT NULL THEN
        RETURN QUERY EXECUTE counts;
    END IF;
END
$$;

-- The stream tables that are not what their query would give now, as far as it can be known without computing it: not
-- filled, to be made anew, with pending changes, or reading such a stream table. Of one that is recomputed, or whose
-- sources are compared, it is not known.
CREATE FUNCTION pgtrickle.outdated() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE late(pgt_id) AS (
        (SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
         WHERE NOT s.is_populated OR s.needs_reinit OR s.refresh_mode = 'DIFFERENTIAL'
            AND s.frontier ->> 'system_identifier'
                IS DISTINCT FROM (SELECT c.system_identifier FROM pg_control_system() c)::text
         UNION
         SELECT b.pgt_id FROM pgtrickle.backlog(1) b WHERE b.batches > 0)
        UNION
        SELECT d.pgt_id FROM late
        JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = late.pgt_id
        JOIN pgtrickle.pgt_dependencies d ON d.source_relid = s.pgt_relid
    )
    SELECT pgt_id FROM late
$$;

-- How long ago the last refresh looked at a stream table, its schedule as a duration, and whether its contents may miss
-- changes: known to, or only found out by a refresh. A stream table whose sources rest is not late, however long they do.
CREATE VIEW pgtrickle.stream_table_freshness AS
SELECT s.pgt_id, clock_timestamp() - s.last_refresh_at AS since_refresh, pgtrickle.parse_duration(s.schedule) AS every,
       s.refresh_mode = 'FULL' OR o.pgt_id IS NOT NULL OR EXISTS (
           SELECT FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = s.pgt_id AND d.buffer_name IS NOT NULL
             AND d.source_type IN ('MATVIEW', 'FOREIGN_TABLE')) AS late
FROM pgtrickle.pgt_stream_tables s LEFT JOIN pgtrickle.outdated() o(pgt_id) ON o.pgt_id = s.pgt_id;

CREATE VIEW pgtrickle.stream_tables_info AS
SELECT s.*, f.since_refresh AS staleness,
       CASE WHEN f.every IS NOT NULL THEN f.late AND coalesce(f.since_refresh > f.every, true) END AS stale,
       s.topk_limit IS NOT NULL AS is_topk
FROM pgtrickle.readable_stream_tables s JOIN pgtrickle.stream_table_freshness f ON f.pgt_id = s.pgt_id;

GRANT SELECT ON pgtrickle.stream_table_freshness, pgtrickle.stream_tables_info TO PUBLIC;

CREATE FUNCTION pgtrickle.pgt_status() RETURNS TABLE (name text, status text, refresh_mode text, is_populated boolean,
    consecutive_errors int, schedule text, data_timestamp timestamptz, staleness interval, scc_id int)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format('%I.%I', s.pgt_schema, s.pgt_name), s.status, s.refresh_mode, s.is_populated, s.consecutive_errors,
           s.schedule, s.data_timestamp, clock_timestamp() - s.data_timestamp, s.scc_id
    FROM pgtrickle.readable_stream_tables s ORDER BY s.pgt_schema, s.pgt_name;
END;

-- Seconds since the contents last changed, or were recomputed. NULL before that, and for an unknown name.
CREATE FUNCTION pgtrickle.get_staleness(name text) RETURNS double precision
LANGUAGE sql STABLE STRICT
RETURN (SELECT extract(epoch FROM clock_timestamp() - s.data_timestamp)::double precision
        FROM pgtrickle.readable_stream_tables s WHERE s.pgt_id = pgtrickle.stream_table_id(name));

-- The share of changed source rows above which recomputing is meant to be cheaper. NULL for an unknown name.
CREATE FUNCTION pgtrickle.st_auto_threshold(name text) RETURNS double precision
LANGUAGE sql STABLE STRICT
RETURN (SELECT coalesce(s.auto_threshold, pgtrickle.setting('differential_max_change_ratio')::double precision)
        FROM pgtrickle.readable_stream_tables s WHERE s.pgt_id = pgtrickle.stream_table_id(name));

-- The mode that was asked for, the one of the last refresh, and why that recomputed everything.
CREATE FUNCTION pgtrickle.explain_refresh_mode(name text)
RETURNS TABLE (configured_mode text, effective_mode text, downgrade_reason text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT s.requested_refresh_mode, s.effective_refresh_mode, coalesce(s.full_reason, s.last_full_reason)
    FROM pgtrickle.require_stream_table(name) AS r(pgt_id)
    LEFT JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = r.pgt_id;
END;

-- The columns of a stream table that its maintenance needs.
CREATE FUNCTION pgtrickle.auxiliary_columns(id bigint)
RETURNS TABLE (column_name text, data_type text, purpose text)
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), CASE
            WHEN a.attname = '__pgt_row_id' THEN 'access path: hash of the key, or of the row'
            WHEN a.attname = '__pgt_count' THEN 'number of input rows of the group'
            WHEN a.attname ~ '^__pgt_key_[0-9]+$' THEN 'group key that no column shows'
            WHEN a.attname ~ '^__pgt_agg_[0-9]+$' THEN 'aggregate that no column shows'
            WHEN starts_with(a.attname, '__pgt_aux_sum_') THEN 'running sum of the non-null values'
            WHEN starts_with(a.attname, '__pgt_aux_count_') THEN 'number of the non-null values'
            WHEN starts_with(a.attname, '__pgt_aux_scale_') THEN 'numbers of the non-null values of each scale'
            ELSE 'state of the maintenance' END
    FROM pgtrickle.readable_stream_tables s JOIN pg_attribute a ON a.attrelid = s.pgt_relid
    WHERE s.pgt_id = id AND a.attnum > 0 AND NOT a.attisdropped AND starts_with(a.attname, '__pgt_')
    ORDER BY a.attnum
$$;

CREATE FUNCTION pgtrickle.list_auxiliary_columns(name text)
RETURNS TABLE (column_name text, data_type text, purpose text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT c.column_name, c.data_type, c.purpose
    FROM pgtrickle.auxiliary_columns(pgtrickle.require_stream_table(name)) c;
END;
