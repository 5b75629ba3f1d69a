-- Gates, watermarks, groups of refreshes, fuses: what holds refreshes back.

CREATE FUNCTION pgtrickle.source_gates() RETURNS TABLE (source_table text, schema_name text, gated boolean,
    gated_at timestamptz, ungated_at timestamptz, gated_by text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(c.relname::text, g.source_relid::text), n.nspname::text, g.gated, g.gated_at, g.ungated_at, g.gated_by
    FROM pgtrickle.pgt_source_gates g LEFT JOIN pg_class c ON c.oid = g.source_relid
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY n.nspname, c.relname;
END;

-- The gates, closed ones first, with the stream tables that wait for them, directly or not.
CREATE FUNCTION pgtrickle.bootstrap_gate_status() RETURNS TABLE (source_table text, schema_name text, gated boolean,
    gated_at timestamptz, ungated_at timestamptz, gated_by text, gate_duration interval, affected_stream_tables text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE behind(gate, pgt_id, relation) AS (
        SELECT g.source_relid, e.pgt_id, e.reader
        FROM pgtrickle.pgt_source_gates g JOIN pgtrickle.graph_edges e
            ON e.source IN (SELECT pgtrickle._relatives(g.source_relid))
        UNION
        SELECT b.gate, e.pgt_id, e.reader FROM behind b JOIN pgtrickle.graph_edges e ON e.source = b.relation
    )
    SELECT coalesce(c.relname::text, g.source_relid::text), n.nspname::text, g.gated, g.gated_at, g.ungated_at, g.gated_by,
           CASE WHEN g.gated THEN clock_timestamp() ELSE g.ungated_at END - g.gated_at,
           (SELECT string_agg(format('%I.%I', s.pgt_schema, s.pgt_name), ', ' ORDER BY s.pgt_schema, s.pgt_name)
            FROM behind b JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = b.pgt_id WHERE b.gate = g.source_relid)
    FROM pgtrickle.pgt_source_gates g LEFT JOIN pg_class c ON c.oid = g.source_relid
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY g.gated DESC, n.nspname, c.relname;
END;

CREATE FUNCTION pgtrickle.watermarks() RETURNS TABLE (source_table text, schema_name text, watermark timestamptz,
    updated_at timestamptz, advanced_by text, wal_lsn text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(c.relname::text, w.source_relid::text), n.nspname::text, w.watermark, w.updated_at, w.advanced_by,
           w.wal_lsn_at_advance
    FROM pgtrickle.pgt_watermarks w LEFT JOIN pg_class c ON c.oid = w.source_relid
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY n.nspname, c.relname;
END;

CREATE FUNCTION pgtrickle.watermark_groups() RETURNS TABLE (group_name text, source_count int,
    tolerance_secs double precision, created_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.group_name, cardinality(g.source_relids), g.tolerance_secs, g.created_at
    FROM pgtrickle.pgt_watermark_groups g ORDER BY g.group_name;
END;

-- How far apart the watermarks of each group are. With fewer than two there is nothing to be apart.
CREATE FUNCTION pgtrickle.watermark_status() RETURNS TABLE (group_name text, min_watermark timestamptz,
    max_watermark timestamptz, lag_secs double precision, aligned boolean, sources_with_watermark int, sources_total int)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.group_name, m.lowest, m.highest, extract(epoch FROM m.highest - m.lowest)::double precision,
           m.known < 2 OR extract(epoch FROM m.highest - m.lowest)::double precision <= g.tolerance_secs, m.known::int,
           cardinality(g.source_relids)
    FROM pgtrickle.pgt_watermark_groups g CROSS JOIN LATERAL (
        SELECT min(w.watermark) AS lowest, max(w.watermark) AS highest, count(*) AS known
        FROM pgtrickle.pgt_watermarks w WHERE w.source_relid = ANY (g.source_relids)) m
    ORDER BY g.group_name;
END;

CREATE FUNCTION pgtrickle.refresh_groups() RETURNS TABLE (group_id int, group_name text, member_count int,
    isolation text, created_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.group_id, g.group_name, cardinality(g.member_oids), g.isolation, g.created_at
    FROM pgtrickle.pgt_refresh_groups g ORDER BY g.group_id;
END;

-- The fuse of every stream table. effective_ceiling is NULL when there is none, neither its own nor the default.
CREATE FUNCTION pgtrickle.fuse_status() RETURNS TABLE (stream_table text, fuse_mode text, fuse_state text,
    fuse_ceiling bigint, effective_ceiling bigint, fuse_sensitivity int, blown_at timestamptz, blow_reason text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format('%I.%I', s.pgt_schema, s.pgt_name), s.fuse_mode, s.fuse_state, s.fuse_ceiling,
           pgtrickle._fuse_ceiling(s.pgt_id, s.fuse_mode, s.fuse_ceiling), s.fuse_sensitivity, s.blown_at, s.blow_reason
    FROM pgtrickle.readable_stream_tables s ORDER BY s.pgt_schema, s.pgt_name;
END;
