-- Names of stream tables and who may see what of them.
--
-- Functions of this schema that resolve a name for the caller have SQL-standard bodies: what they call was resolved when
-- they were created, and only the name is looked up in the caller's search path. All others set a path of their own.

-- A name as the caller wrote it, as one or two identifiers.
CREATE FUNCTION pgtrickle._name_parts(name text) RETURNS name[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts name[];
BEGIN
    BEGIN
        parts := parse_ident(name)::name[];
    EXCEPTION WHEN invalid_parameter_value THEN
        RAISE EXCEPTION 'invalid name: "%"', name USING ERRCODE = 'invalid_name',
            DETAIL = 'It cannot be read as an identifier.',
            HINT = 'Write name or schema.name; put parts with special characters in double quotes.';
    END;
    IF cardinality(parts) > 2 THEN
        RAISE EXCEPTION 'invalid name: "%"', name USING ERRCODE = 'invalid_name',
            DETAIL = 'It has more than two parts.',
            HINT = 'Write name or schema.name; put parts with special characters in double quotes.';
    END IF;
    RETURN parts;
END
$$;

-- The relation that a parsed path of schemas finds under a name.
CREATE FUNCTION pgtrickle._relation(name text, path name[]) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts name[];
    found oid;
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'invalid argument: a name is NULL' USING ERRCODE = '22023',
            DETAIL = 'Each element must name a table.', HINT = 'Leave it out.';
    END IF;
    parts := pgtrickle._name_parts(name);
    IF cardinality(parts) = 2 THEN
        path := parts[1:1];
    END IF;
    SELECT c.oid INTO found FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = parts[cardinality(parts)] AND n.nspname = ANY (path)
    ORDER BY array_position(path, n.nspname) LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION 'table not found: %', name USING ERRCODE = 'undefined_table',
            DETAIL = 'No table of that name is on the search path.', HINT = 'Qualify the name with its schema.';
    END IF;
    RETURN found;
END
$$;

-- The stream table that a parsed path of schemas finds under a name; NULL for none. Another relation of that name in an
-- earlier schema hides it. A qualified name is also found as recorded, when its table is gone or was renamed.
CREATE FUNCTION pgtrickle.find_stream_table(name text, path name[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts name[] := pgtrickle._name_parts(name);
    found bigint;
BEGIN
    IF cardinality(parts) = 2 THEN
        path := parts[1:1];
    END IF;
    SELECT s.pgt_id INTO found
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pgtrickle.readable_stream_tables s ON s.pgt_relid = c.oid
    WHERE c.relname = parts[cardinality(parts)] AND n.nspname = ANY (path)
    ORDER BY array_position(path, n.nspname) LIMIT 1;
    IF found IS NULL AND cardinality(parts) = 2 THEN
        SELECT s.pgt_id INTO found FROM pgtrickle.readable_stream_tables s
        WHERE s.pgt_schema = parts[1] AND s.pgt_name = parts[2];
    END IF;
    RETURN found;
END
$$;

-- The stream table that a name means to the caller, NULL for none.
CREATE FUNCTION pgtrickle.stream_table_id(name text) RETURNS bigint
LANGUAGE sql STABLE STRICT
RETURN pgtrickle.find_stream_table(name, current_schemas(true));

-- What require_stream_table() says when there is none.
CREATE FUNCTION pgtrickle.found_stream_table(name text, pgt_id bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pgt_id IS NULL THEN
        RAISE EXCEPTION 'stream table not found: %', name USING ERRCODE = 'undefined_table',
            DETAIL = 'No stream table of that name is on the search path.',
            HINT = 'List them with "SELECT * FROM pgtrickle.pgt_status()"; qualify the name with its schema.';
    END IF;
    RETURN pgt_id;
END
$$;

-- The stream table that a name means to the caller; an error for none.
CREATE FUNCTION pgtrickle.require_stream_table(name text) RETURNS bigint
LANGUAGE sql STABLE STRICT
RETURN pgtrickle.found_stream_table(name, pgtrickle.stream_table_id(name));

-- A relation's name, qualified, quoted where needed; its OID when it is gone.
CREATE FUNCTION pgtrickle.relation_name(relation oid) RETURNS text
LANGUAGE sql STABLE STRICT
RETURN coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.oid = relation), relation::text);

-- Whether the caller may read a stream table, and so its query; who may read the catalog itself may see everything.
CREATE FUNCTION pgtrickle.may_read(relation oid) RETURNS boolean
LANGUAGE sql STABLE
RETURN has_table_privilege('pgtrickle.pgt_stream_tables'::regclass, 'SELECT')
    OR coalesce(has_table_privilege(relation, 'SELECT')
        AND has_schema_privilege((SELECT c.relnamespace FROM pg_class c WHERE c.oid = relation), 'USAGE'), false);

-- The same for what can show values of any row, as messages of errors do.
CREATE FUNCTION pgtrickle.may_read_all_rows(relation oid) RETURNS boolean
LANGUAGE sql STABLE
RETURN has_table_privilege('pgtrickle.pgt_stream_tables'::regclass, 'SELECT')
    OR pgtrickle.may_read(relation) AND NOT row_security_active(relation);

-- The catalog for everybody: queries and messages only of stream tables that the reader may read.
CREATE VIEW pgtrickle.readable_stream_tables AS
SELECT s.pgt_id, s.pgt_relid, s.pgt_name, s.pgt_schema,
       CASE WHEN pgtrickle.may_read(s.pgt_relid) THEN s.defining_query END AS defining_query,
       CASE WHEN pgtrickle.may_read(s.pgt_relid) THEN s.original_query END AS original_query,
       s.schedule, s.refresh_mode, s.status, s.is_populated, s.data_timestamp, s.frontier, s.last_refresh_at,
       s.consecutive_errors, s.needs_reinit, s.auto_threshold, s.last_full_ms, s.functions_used, s.topk_limit,
       s.topk_offset, CASE WHEN pgtrickle.may_read(s.pgt_relid) THEN s.topk_order_by END AS topk_order_by,
       s.diamond_consistency, s.diamond_schedule_policy, s.has_keyless_source, s.function_hashes,
       s.requested_cdc_mode, s.is_append_only, s.scc_id, s.last_fixpoint_iterations, s.max_differential_joins,
       s.max_delta_fraction, s.pooler_compatibility_mode, s.refresh_tier, s.effective_refresh_mode, s.fuse_mode,
       s.fuse_state, s.fuse_ceiling, s.fuse_sensitivity, s.blown_at, s.blow_reason,
       CASE WHEN pgtrickle.may_read_all_rows(s.pgt_relid) THEN s.last_error_message END AS last_error_message,
       s.last_error_at, s.st_partition_key, s.created_at, s.updated_at, s.requested_refresh_mode,
       CASE WHEN pgtrickle.may_read(s.pgt_relid) THEN s.full_reason END AS full_reason,
       s.last_full_reason, s.refresh_costs, s.definition_fingerprint, s.query_settings, s.captured_columns, s.fuse_strikes, s.fuse_allowance, s.catalog_oid
FROM pgtrickle.pgt_stream_tables s;

CREATE VIEW pgtrickle.readable_refresh_history AS
SELECT h.refresh_id, h.pgt_id, h.data_timestamp, h.start_time, h.end_time, h.action, h.rows_inserted, h.rows_updated,
       h.rows_deleted, h.delta_row_count, h.merge_strategy_used, h.was_full_fallback,
       CASE WHEN h.error_message IS NOT NULL AND pgtrickle.may_read_all_rows(s.pgt_relid) THEN h.error_message END
           AS error_message,
       h.error_sqlstate, h.status, h.initiated_by, h.freshness_deadline, h.tick_watermark_lsn, h.fixpoint_iteration,
       (extract(epoch FROM h.end_time - h.start_time) * 1000)::float8 AS duration_ms
FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = h.pgt_id;

GRANT SELECT ON pgtrickle.readable_stream_tables, pgtrickle.readable_refresh_history TO PUBLIC;

-- Nothing in these is secret. job's outcome_detail and the queries and messages of the catalog can be.
GRANT SELECT ON pgtrickle.pgt_schema_version, pgtrickle.pgt_dependencies, pgtrickle.captured_sources,
    pgtrickle.pgt_change_tracking, pgtrickle.pgt_refresh_groups, pgtrickle.pgt_source_gates, pgtrickle.pgt_watermarks,
    pgtrickle.pgt_watermark_groups TO PUBLIC;
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT c.relname, string_agg(format('%I', a.attname), ', ') AS columns
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid IN ('pgtrickle.pgt_stream_tables'::regclass, 'pgtrickle.pgt_refresh_history'::regclass,
                'pgtrickle.pgt_scheduler_jobs'::regclass)
          AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname NOT IN ('defining_query', 'original_query', 'topk_order_by', 'last_error_message', 'full_reason',
                'error_message', 'outcome_detail')
        GROUP BY c.relname
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON pgtrickle.%I TO PUBLIC', granted.columns, granted.relname);
    END LOOP;
END
$$;
