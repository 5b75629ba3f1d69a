-- Sources, change buffers and triggers.

-- How the changes of a source that a stream table consumes are found. Stream tables write their own; a source that is only
-- read when everything is recomputed is not captured.
CREATE FUNCTION pgtrickle.capture_mode(source_type text, buffer_name text, cdc_mode text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN buffer_name IS NULL OR source_type = 'STREAM_TABLE' THEN NULL
    WHEN source_type IN ('MATVIEW', 'FOREIGN_TABLE') THEN 'POLLING' ELSE cdc_mode END;

CREATE FUNCTION pgtrickle.sources_of(id bigint) RETURNS TABLE (source_table text, source_oid bigint,
    source_type text, cdc_mode text, columns_used text)
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT pgtrickle.relation_name(d.source_relid), d.source_relid::bigint, d.source_type,
           pgtrickle.capture_mode(d.source_type, d.buffer_name, d.cdc_mode),
           (SELECT string_agg(format('%I', u.name), ', ' ORDER BY u.n) FROM unnest(d.columns_used) WITH ORDINALITY u(name, n))
    FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = id ORDER BY 1, d.buffer_name
$$;

-- What a stream table reads, views and what is under them included.
CREATE FUNCTION pgtrickle.list_sources(name text) RETURNS TABLE (source_table text, source_oid bigint,
    source_type text, cdc_mode text, columns_used text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT s.source_table, s.source_oid, s.source_type, s.cdc_mode, s.columns_used
    FROM pgtrickle.sources_of(pgtrickle.require_stream_table(name)) s;
END;

CREATE VIEW pgtrickle.pgt_cdc_status AS
SELECT s.pgt_schema, s.pgt_name, d.source_relid, c.relname::text AS source_name, n.nspname::text AS source_schema,
       pgtrickle.capture_mode(d.source_type, d.buffer_name, d.cdc_mode) AS cdc_mode, d.slot_name,
       d.decoder_confirmed_lsn, d.transition_started_at
FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = d.pgt_id
LEFT JOIN pg_class c ON c.oid = d.source_relid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.source_type = 'TABLE';
GRANT SELECT ON pgtrickle.pgt_cdc_status TO PUBLIC;

-- The change buffers there are, with their tables; rows are those of all batches, applied by some readers or not.
CREATE FUNCTION pgtrickle.buffers(OUT buffer_name text, OUT relation oid, OUT buffer_rows bigint, OUT bytes bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    FOR buffer_name, relation IN
        SELECT d.name, to_regclass(format('pgtrickle_changes.%I', 'changes_' || d.name))
        FROM (SELECT DISTINCT p.buffer_name FROM pgtrickle.pgt_dependencies p WHERE p.buffer_name IS NOT NULL) d(name)
    LOOP
        IF relation IS NOT NULL THEN
            EXECUTE format('SELECT coalesce(sum(row_count), 0) FROM pgtrickle_changes.%I', 'changes_' || buffer_name)
                INTO buffer_rows;
            bytes := pg_total_relation_size(relation);
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

-- What is pending for each stream table from each source; NULL before its first refresh.
CREATE FUNCTION pgtrickle.change_buffer_sizes() RETURNS TABLE (stream_table text, source_table text, source_oid bigint,
    cdc_mode text, pending_rows bigint, buffer_bytes bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%I.%I', s.pgt_schema, s.pgt_name), pgtrickle.relation_name(d.source_relid), d.source_relid::bigint,
           pgtrickle.capture_mode(d.source_type, d.buffer_name, d.cdc_mode), b.pending_rows,
           pg_total_relation_size(c.oid)
    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = d.pgt_id
    LEFT JOIN pgtrickle.backlog(NULL) b ON b.pgt_id = d.pgt_id AND b.buffer_name = d.buffer_name
    LEFT JOIN pg_class c ON c.relname = 'changes_' || d.buffer_name AND c.relnamespace = (
        SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'pgtrickle_changes')
    WHERE d.buffer_name IS NOT NULL ORDER BY 1, 2, d.buffer_name
$$;

-- The change buffers with their readers. safe_frontier_lsn is the oldest transaction that some reader has not applied.
CREATE FUNCTION pgtrickle.shared_buffer_stats() RETURNS TABLE (source_oid bigint, source_table text, consumer_count int,
    consumers text, columns_tracked int, safe_frontier_lsn text, buffer_rows bigint, is_partitioned boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.source_relid::bigint, pgtrickle.relation_name(d.source_relid), count(*)::int,
           string_agg(format('%I.%I', s.pgt_schema, s.pgt_name), ', ' ORDER BY s.pgt_schema, s.pgt_name),
           coalesce(max(cardinality(t.captured_columns)), max(cardinality(u.captured_columns))),
           CASE WHEN count(*) = count(s.frontier ->> 'snapshot')
               THEN min(pg_snapshot_xmin((s.frontier ->> 'snapshot')::pg_snapshot))::text END,
           max(b.buffer_rows), bool_or(c.relkind = 'p')
    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = d.pgt_id
    JOIN pgtrickle.buffers() b ON b.buffer_name = d.buffer_name
    JOIN pg_class c ON c.oid = b.relation
    LEFT JOIN pgtrickle.captured_sources t ON t.buffer_name = d.buffer_name
    LEFT JOIN pgtrickle.readable_stream_tables u ON u.pgt_relid = d.source_relid
    GROUP BY d.source_relid, d.buffer_name ORDER BY 2, d.buffer_name
$$;

-- The triggers that must be on the tables of the captured sources. source_table is the table that has the trigger: the
-- source, or a partition or child of it.
CREATE FUNCTION pgtrickle.expected_triggers(OUT buffer_name text, OUT table_oid oid, OUT trigger_name text,
    OUT operation text, OUT present boolean, OUT enabled boolean) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH tracked AS (
        SELECT t.buffer_name, t.source_relid AS root, c.relkind = 'p' AS partitioned,
               starts_with(t.buffer_name, 'only_') OR coalesce(starts_with(t.family, 'ROW '), false) AS by_row,
               CASE WHEN t.family IS NULL THEN ARRAY[t.source_relid]
                   ELSE string_to_array(split_part(t.family, ' ', 2), ',')::oid[] END AS members
        FROM pgtrickle.captured_sources t LEFT JOIN pg_class c ON c.oid = t.source_relid
        WHERE t.family IS DISTINCT FROM 'snapshot'
    ), expected AS (
        SELECT t.buffer_name, m.oid, o.operation
        FROM tracked t CROSS JOIN LATERAL unnest(t.members) m(oid)
        CROSS JOIN LATERAL unnest(CASE WHEN t.by_row THEN ARRAY['row', 'trunc']
            ELSE ARRAY['ins', 'upd', 'del', 'trunc'] END) o(operation)
        -- Partitions get the triggers for rows from the table above.
        WHERE NOT (o.operation = 'row' AND t.partitioned AND m.oid <> t.root)
        UNION ALL
        SELECT t.buffer_name, t.root, o.operation FROM tracked t CROSS JOIN (VALUES ('move'), ('keep')) o(operation)
        WHERE t.partitioned AND NOT t.by_row
    )
    SELECT e.buffer_name, e.oid, 'pg_trickle_cdc_' || e.operation || '_' || e.buffer_name, e.operation,
           g.oid IS NOT NULL, coalesce(g.tgenabled IN ('O', 'A'), false)
    FROM expected e
    LEFT JOIN (pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
               JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'pgtrickle_changes')
        ON g.tgrelid = e.oid AND g.tgname = 'pg_trickle_cdc_' || e.operation || '_' || e.buffer_name
       AND p.proname = 'capture_' || e.buffer_name || '_' || CASE e.operation WHEN 'keep' THEN 'move' ELSE e.operation END
$$;

CREATE FUNCTION pgtrickle.trigger_inventory() RETURNS TABLE (source_table text, source_oid bigint, trigger_name text,
    trigger_type text, present boolean, enabled boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pgtrickle.relation_name(e.table_oid), e.table_oid::bigint, e.trigger_name,
           CASE e.operation WHEN 'trunc' THEN 'TRUNCATE' ELSE 'DML' END, e.present, e.enabled
    FROM pgtrickle.expected_triggers() e ORDER BY 1, 3
$$;

-- The replication slots of sources that are captured by logical decoding.
CREATE FUNCTION pgtrickle.slot_health() RETURNS TABLE (slot_name text, source_relid bigint, active boolean,
    retained_wal_bytes bigint, wal_status text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.slot_name, d.source_relid::bigint, coalesce(r.active, false),
           (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - r.restart_lsn)::bigint,
           coalesce(r.wal_status, 'missing')
    FROM (SELECT DISTINCT p.slot_name, p.source_relid FROM pgtrickle.pgt_dependencies p WHERE p.slot_name IS NOT NULL) d
    LEFT JOIN pg_replication_slots r ON r.slot_name = d.slot_name ORDER BY 1
$$;

-- Every captured source, and what is wrong with its capture. selective_capture: not all of its columns are captured.
CREATE FUNCTION pgtrickle.check_cdc_health() RETURNS TABLE (source_relid bigint, source_table text, cdc_mode text,
    slot_name text, lag_bytes bigint, confirmed_lsn text, alert text, selective_capture boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH source AS (
        SELECT t.source_relid, t.buffer_name, t.captured_columns, min(d.slot_name) AS slot_name,
               min(d.decoder_confirmed_lsn) AS confirmed,
               CASE WHEN t.family = 'snapshot' THEN 'POLLING' ELSE coalesce(min(d.cdc_mode), 'TRIGGER') END AS mode
        FROM pgtrickle.captured_sources t LEFT JOIN pgtrickle.pgt_dependencies d ON d.buffer_name = t.buffer_name
        GROUP BY t.source_relid, t.buffer_name
    ), buffer AS (
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'pgtrickle_changes'
    )
    SELECT s.source_relid::bigint, pgtrickle.relation_name(s.source_relid), s.mode, s.slot_name, h.retained_wal_bytes,
           s.confirmed::text,
           CASE
               WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.source_relid) THEN 'source_missing'
               WHEN NOT EXISTS (SELECT FROM buffer b WHERE b.relname = 'changes_' || s.buffer_name) THEN 'buffer_missing'
               WHEN h.wal_status = 'missing' THEN 'replication_slot_missing'
               WHEN h.retained_wal_bytes
                   > (SELECT pgtrickle.setting_or_default('slot_lag_critical_threshold_mb')::numeric * 1048576)
                   THEN format('replication slot lags by %s', pg_size_pretty(h.retained_wal_bytes))
               WHEN s.mode = 'TRIGGER' THEN (
                   SELECT CASE WHEN bool_or(NOT e.present) THEN 'trigger_missing'
                               WHEN bool_or(NOT e.enabled) THEN 'trigger_disabled' END
                   FROM pgtrickle.expected_triggers() e WHERE e.buffer_name = s.buffer_name) END,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = s.source_relid AND a.attnum > 0 AND NOT a.attisdropped
                   AND a.attnum <> ALL (s.captured_columns))
    FROM source s LEFT JOIN pgtrickle.slot_health() h ON h.slot_name = s.slot_name AND h.source_relid = s.source_relid::bigint
    ORDER BY 2, s.buffer_name
$$;
