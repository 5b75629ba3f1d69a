-- The functions of the SQL API that need the service. Their bodies are resolved here and now: what the caller's search
-- path has in it changes nothing.

CREATE FUNCTION pgtrickle.create_stream_table(
    name text, query text, schedule text DEFAULT 'calculated', refresh_mode text DEFAULT 'AUTO',
    initialize boolean DEFAULT true, diamond_consistency text DEFAULT NULL, diamond_schedule_policy text DEFAULT NULL,
    cdc_mode text DEFAULT NULL, append_only boolean DEFAULT false, pooler_compatibility_mode boolean DEFAULT false,
    partition_by text DEFAULT NULL, max_differential_joins int DEFAULT NULL, max_delta_fraction float8 DEFAULT NULL)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('create_stream_table', jsonb_build_object(
        'name', name, 'query', query, 'schedule', schedule, 'refresh_mode', refresh_mode, 'initialize', initialize,
        'diamond_consistency', diamond_consistency, 'diamond_schedule_policy', diamond_schedule_policy,
        'cdc_mode', cdc_mode, 'append_only', append_only, 'pooler_compatibility_mode', pooler_compatibility_mode,
        'partition_by', partition_by, 'max_differential_joins', max_differential_joins,
        'max_delta_fraction', max_delta_fraction));
END;

CREATE FUNCTION pgtrickle.create_stream_table_if_not_exists(
    name text, query text, schedule text DEFAULT 'calculated', refresh_mode text DEFAULT 'AUTO',
    initialize boolean DEFAULT true, diamond_consistency text DEFAULT NULL, diamond_schedule_policy text DEFAULT NULL,
    cdc_mode text DEFAULT NULL, append_only boolean DEFAULT false, pooler_compatibility_mode boolean DEFAULT false,
    partition_by text DEFAULT NULL, max_differential_joins int DEFAULT NULL, max_delta_fraction float8 DEFAULT NULL)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('create_stream_table_if_not_exists', jsonb_build_object(
        'name', name, 'query', query, 'schedule', schedule, 'refresh_mode', refresh_mode, 'initialize', initialize,
        'diamond_consistency', diamond_consistency, 'diamond_schedule_policy', diamond_schedule_policy,
        'cdc_mode', cdc_mode, 'append_only', append_only, 'pooler_compatibility_mode', pooler_compatibility_mode,
        'partition_by', partition_by, 'max_differential_joins', max_differential_joins,
        'max_delta_fraction', max_delta_fraction));
END;

CREATE FUNCTION pgtrickle.create_or_replace_stream_table(
    name text, query text, schedule text DEFAULT 'calculated', refresh_mode text DEFAULT 'AUTO',
    initialize boolean DEFAULT true, diamond_consistency text DEFAULT NULL, diamond_schedule_policy text DEFAULT NULL,
    cdc_mode text DEFAULT NULL, append_only boolean DEFAULT false, pooler_compatibility_mode boolean DEFAULT false,
    partition_by text DEFAULT NULL, max_differential_joins int DEFAULT NULL, max_delta_fraction float8 DEFAULT NULL)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('create_or_replace_stream_table', jsonb_build_object(
        'name', name, 'query', query, 'schedule', schedule, 'refresh_mode', refresh_mode, 'initialize', initialize,
        'diamond_consistency', diamond_consistency, 'diamond_schedule_policy', diamond_schedule_policy,
        'cdc_mode', cdc_mode, 'append_only', append_only, 'pooler_compatibility_mode', pooler_compatibility_mode,
        'partition_by', partition_by, 'max_differential_joins', max_differential_joins,
        'max_delta_fraction', max_delta_fraction));
END;

CREATE FUNCTION pgtrickle.bulk_create(definitions jsonb) RETURNS jsonb LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('bulk_create', jsonb_build_object('definitions', definitions));
END;

CREATE FUNCTION pgtrickle.alter_stream_table(
    name text, query text DEFAULT NULL, schedule text DEFAULT NULL, refresh_mode text DEFAULT NULL,
    status text DEFAULT NULL, diamond_consistency text DEFAULT NULL, diamond_schedule_policy text DEFAULT NULL,
    cdc_mode text DEFAULT NULL, append_only boolean DEFAULT NULL, pooler_compatibility_mode boolean DEFAULT NULL,
    tier text DEFAULT NULL, fuse text DEFAULT NULL, fuse_ceiling bigint DEFAULT NULL, fuse_sensitivity int DEFAULT NULL,
    partition_by text DEFAULT NULL, max_differential_joins int DEFAULT NULL, max_delta_fraction float8 DEFAULT NULL)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('alter_stream_table', jsonb_build_object(
        'name', name, 'query', query, 'schedule', schedule, 'refresh_mode', refresh_mode, 'status', status,
        'diamond_consistency', diamond_consistency, 'diamond_schedule_policy', diamond_schedule_policy,
        'cdc_mode', cdc_mode, 'append_only', append_only, 'pooler_compatibility_mode', pooler_compatibility_mode,
        'tier', tier, 'fuse', fuse, 'fuse_ceiling', fuse_ceiling, 'fuse_sensitivity', fuse_sensitivity,
        'partition_by', partition_by, 'max_differential_joins', max_differential_joins,
        'max_delta_fraction', max_delta_fraction));
END;

CREATE FUNCTION pgtrickle.drop_stream_table(name text, cascade boolean DEFAULT false) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._call('drop_stream_table', jsonb_build_object('name', name, 'cascade', cascade));
END;

CREATE FUNCTION pgtrickle.resume_stream_table(name text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._call('resume_stream_table', jsonb_build_object('name', name));
END;

CREATE FUNCTION pgtrickle.refresh_stream_table(name text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._call('refresh_stream_table', jsonb_build_object('name', name));
END;

-- Refreshes all stream tables, those that others read first.
CREATE FUNCTION pgtrickle.refresh_all_stream_tables() RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('refresh_all_stream_tables', '{}');
END;

CREATE FUNCTION pgtrickle.refresh_all() RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pgtrickle._call('refresh_all_stream_tables', '{}');
END;

-- Recomputes a stream table from its sources, whatever its mode.
CREATE FUNCTION pgtrickle.repair_stream_table(name text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._call('repair_stream_table', jsonb_build_object('name', name));
END;

-- The statement is the caller's, and so is what its names mean; everything else here is qualified.
CREATE FUNCTION pgtrickle.write_and_refresh(sql text, stream_table_name text) RETURNS void LANGUAGE plpgsql STRICT AS $$
BEGIN
    EXECUTE sql;
    PERFORM pgtrickle.refresh_stream_table(stream_table_name);
END
$$;

CREATE FUNCTION pgtrickle.explain_st(name text, with_analyze boolean DEFAULT false)
RETURNS TABLE (property text, value text) LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT r.property, r.value
    FROM jsonb_to_recordset(pgtrickle._call('explain_st', jsonb_build_object('name', name, 'with_analyze', with_analyze)))
        AS r(property text, value text);
END;

CREATE FUNCTION pgtrickle.explain_delta(name text, format text DEFAULT 'text') RETURNS SETOF text LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT r.line FROM jsonb_array_elements_text(
        pgtrickle._call('explain_delta', jsonb_build_object('name', name, 'format', format))) AS r(line);
END;

CREATE FUNCTION pgtrickle.explain_query_rewrite(query text)
RETURNS TABLE (pass_name text, changed boolean, sql_after text) LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT r.pass_name, r.changed, r.sql_after
    FROM jsonb_to_recordset(pgtrickle._call('explain_query_rewrite', jsonb_build_object('query', query)))
        AS r(pass_name text, changed boolean, sql_after text);
END;

CREATE FUNCTION pgtrickle.validate_query(query text)
RETURNS TABLE (check_name text, result text, severity text) LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT r.check_name, r.result, r.severity
    FROM jsonb_to_recordset(pgtrickle._call('validate_query', jsonb_build_object('query', query)))
        AS r(check_name text, result text, severity text);
END;
