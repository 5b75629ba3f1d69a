-- The schema of pg_trickle, version 0.1.0. Run once, in one transaction.

CREATE SCHEMA pgtrickle;
COMMENT ON SCHEMA pgtrickle IS 'pg_trickle: stream tables';
CREATE SCHEMA pgtrickle_changes;
COMMENT ON SCHEMA pgtrickle_changes IS 'pg_trickle: change buffers';
REVOKE ALL ON SCHEMA pgtrickle_changes FROM PUBLIC;
GRANT USAGE ON SCHEMA pgtrickle TO PUBLIC;

CREATE TABLE pgtrickle.pgt_schema_version (
    version text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now(),
    description text
);

-- The settings of the session that decide what its queries mean, as far as refreshes do not set them to a value of their own:
-- assignments. Of the style of dates that is the order in which day and month are read.
CREATE FUNCTION pgtrickle._query_settings() RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY[
        -- Calls have a DateStyle of their own.
        format('DateStyle = %L', 'ISO, ' || split_part(
            coalesce(nullif(current_setting('pg_trickle.callers_datestyle', true), ''), current_setting('DateStyle')), ', ', 2)),
        format('TimeZone = %L', current_setting('TimeZone')),
        format('default_text_search_config = %L', current_setting('default_text_search_config'))]
$$;

CREATE TABLE pgtrickle.pgt_stream_tables (
    pgt_id bigserial PRIMARY KEY,
    pgt_relid oid NOT NULL UNIQUE,
    pgt_name text NOT NULL,
    pgt_schema text NOT NULL,
    defining_query text NOT NULL,
    original_query text,
    schedule text,
    refresh_mode text NOT NULL DEFAULT 'DIFFERENTIAL'
        CHECK (refresh_mode IN ('FULL', 'DIFFERENTIAL', 'IMMEDIATE')),
    status text NOT NULL DEFAULT 'INITIALIZING'
        CHECK (status IN ('INITIALIZING', 'ACTIVE', 'SUSPENDED', 'ERROR')),
    is_populated boolean NOT NULL DEFAULT false,
    data_timestamp timestamptz,
    frontier jsonb,
    last_refresh_at timestamptz,
    consecutive_errors int NOT NULL DEFAULT 0,
    needs_reinit boolean NOT NULL DEFAULT false,
    auto_threshold double precision,
    last_full_ms double precision,
    functions_used text[],
    topk_limit int,
    topk_offset int,
    topk_order_by text,
    diamond_consistency text NOT NULL DEFAULT 'atomic'
        CHECK (diamond_consistency IN ('none', 'atomic')),
    diamond_schedule_policy text NOT NULL DEFAULT 'fastest'
        CHECK (diamond_schedule_policy IN ('fastest', 'slowest')),
    has_keyless_source boolean NOT NULL DEFAULT false,
    function_hashes text,
    requested_cdc_mode text CHECK (requested_cdc_mode IN ('auto', 'trigger', 'wal')),
    is_append_only boolean NOT NULL DEFAULT false,
    scc_id int,
    last_fixpoint_iterations int,
    max_differential_joins int,
    max_delta_fraction double precision,
    pooler_compatibility_mode boolean NOT NULL DEFAULT false,
    refresh_tier text NOT NULL DEFAULT 'hot'
        CHECK (refresh_tier IN ('hot', 'warm', 'cold', 'frozen')),
    effective_refresh_mode text,
    fuse_mode text NOT NULL DEFAULT 'off' CHECK (fuse_mode IN ('off', 'on', 'auto')),
    fuse_state text NOT NULL DEFAULT 'armed' CHECK (fuse_state IN ('armed', 'blown', 'disabled')),
    fuse_ceiling bigint,
    fuse_sensitivity int,
    blown_at timestamptz,
    blow_reason text,
    last_error_message text,
    last_error_at timestamptz,
    st_partition_key text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- What follows is ours beside the columns that scripts know.
    requested_refresh_mode text NOT NULL DEFAULT 'AUTO'
        CHECK (requested_refresh_mode IN ('AUTO', 'FULL', 'DIFFERENTIAL', 'IMMEDIATE')),
    full_reason text,
    -- Why the last refresh recomputed everything though the mode is DIFFERENTIAL, and what refreshes have cost.
    last_full_reason text,
    refresh_costs jsonb,
    -- What the storage was made from: a changed view or column type shows as a different fingerprint.
    definition_fingerprint text NOT NULL,
    -- In which the query means what it meant to whoever wrote it, whatever session refreshes it.
    query_settings text[] NOT NULL DEFAULT pgtrickle._query_settings(),
    -- The stored columns that other stream tables read, in the order of the buffer's row type; NULL for no buffer.
    captured_columns text[],
    -- How many scheduled refreshes in a row were above the ceiling of the fuse, and how many pending rows have
    -- blown it, or are allowed beyond it by reset_fuse().
    fuse_strikes int NOT NULL DEFAULT 0,
    fuse_allowance bigint
-- Each refresh writes its row: there is room for the new version beside the old ones, which the next reader clears away.
) WITH (fillfactor = 40);
-- Where the row was made: a row that a logical restore has brought names another table here.
ALTER TABLE pgtrickle.pgt_stream_tables ADD COLUMN catalog_oid oid NOT NULL
    DEFAULT 'pgtrickle.pgt_stream_tables'::regclass::oid;
CREATE UNIQUE INDEX idx_pgt_name ON pgtrickle.pgt_stream_tables (pgt_schema, pgt_name);
CREATE INDEX idx_pgt_status ON pgtrickle.pgt_stream_tables (status);

CREATE TABLE pgtrickle.pgt_dependencies (
    pgt_id bigint NOT NULL REFERENCES pgtrickle.pgt_stream_tables ON DELETE CASCADE,
    source_relid oid NOT NULL,
    source_type text NOT NULL
        CHECK (source_type IN ('TABLE', 'STREAM_TABLE', 'VIEW', 'MATVIEW', 'FOREIGN_TABLE')),
    columns_used text[],
    column_snapshot jsonb,
    schema_fingerprint text,
    cdc_mode text NOT NULL DEFAULT 'TRIGGER' CHECK (cdc_mode IN ('TRIGGER', 'TRANSITIONING', 'WAL')),
    slot_name text,
    decoder_confirmed_lsn pg_lsn,
    transition_started_at timestamptz,
    -- The change buffer that a differential stream table consumes; NULL for a source that is only read.
    buffer_name text,
    -- A table is one source, and ONLY the table another.
    UNIQUE NULLS NOT DISTINCT (pgt_id, source_relid, buffer_name)
);
CREATE INDEX idx_deps_source ON pgtrickle.pgt_dependencies (source_relid);

CREATE TABLE pgtrickle.pgt_refresh_history (
    refresh_id bigserial PRIMARY KEY,
    pgt_id bigint NOT NULL REFERENCES pgtrickle.pgt_stream_tables ON DELETE CASCADE,
    data_timestamp timestamptz NOT NULL,
    start_time timestamptz NOT NULL,
    end_time timestamptz,
    action text NOT NULL
        CHECK (action IN ('NO_DATA', 'FULL', 'DIFFERENTIAL', 'REINITIALIZE', 'SKIP')),
    rows_inserted bigint DEFAULT 0,
    rows_deleted bigint DEFAULT 0,
    delta_row_count bigint DEFAULT 0,
    merge_strategy_used text,
    was_full_fallback boolean NOT NULL DEFAULT false,
    error_message text,
    status text NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED', 'SKIPPED')),
    initiated_by text CHECK (initiated_by IN ('SCHEDULER', 'MANUAL', 'INITIAL')),
    freshness_deadline timestamptz,
    tick_watermark_lsn pg_lsn,
    fixpoint_iteration int,
    rows_updated bigint DEFAULT 0,
    error_sqlstate text
);
CREATE INDEX idx_hist_pgt_ts ON pgtrickle.pgt_refresh_history (pgt_id, data_timestamp);
CREATE INDEX idx_hist_pgt_refresh ON pgtrickle.pgt_refresh_history (pgt_id, refresh_id);

-- One row a captured source. captured_columns are attribute numbers, in the order of the buffer's row type.
-- family is what pgtrickle.family() said when the triggers were installed, or 'snapshot' for a source that is compared;
-- compared_state is what proves of a materialized view that it is as it was compared last. shape and triggers are what
-- pgtrickle_changes.shape() and pgtrickle.trigger_state() said then: others mean that changes may have been lost.
-- direct: not every change comes into the buffer; its only reader, of mode IMMEDIATE, has some applied by the triggers.
CREATE TABLE pgtrickle.captured_sources (
    source_relid oid NOT NULL,
    buffer_name text PRIMARY KEY,
    family text,
    compared_state jsonb,
    shape text,
    triggers text,
    slot_name text NOT NULL,
    captured_columns smallint[] NOT NULL,
    direct boolean NOT NULL DEFAULT false
);

-- The same for scripts that know it by this name. Were the readers stored, creating one would wait for all others.
CREATE VIEW pgtrickle.pgt_change_tracking AS
SELECT t.source_relid, t.slot_name, NULL::pg_lsn AS last_consumed_lsn,
       ARRAY(SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d
             WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name ORDER BY d.pgt_id) AS tracked_by_pgt_ids
FROM pgtrickle.captured_sources t;

-- Numbers of changes, in the order in which a transaction makes them. Owners of stream tables draw some as well.
CREATE SEQUENCE pgtrickle_changes.change_ids;
GRANT USAGE ON SEQUENCE pgtrickle_changes.change_ids TO PUBLIC;

-- The wake-up. A writer leaves a row for each buffer that its transaction writes to, by the buffer's suffix; a service
-- takes them away when it looks. The trigger of the first one runs at commit. When the service has armed the sequence, the
-- first commit draws 1 and notifies, the ones after it draw more and stay silent. A transaction that is prepared must not
-- notify; what it has captured is found when the service looks next.
CREATE SEQUENCE pgtrickle.pgt_wake_armed MAXVALUE 9223372036854775807;
CREATE UNLOGGED TABLE pgtrickle_changes.wake (xid xid8 NOT NULL, buffer text NOT NULL, signals boolean NOT NULL)
    WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE FUNCTION pgtrickle_changes.wake_at_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (SELECT is_called FROM pgtrickle.pgt_wake_armed) 
            -- There is none when the driver's last message commits.
            AND coalesce(current_query(), '') !~* '\mprepare\s+transaction\M' THEN
        IF nextval('pgtrickle.pgt_wake_armed') = 1 THEN
            PERFORM pg_notify('pgtrickle_wake', '');
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER wake_at_commit AFTER INSERT ON pgtrickle_changes.wake
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.signals) EXECUTE FUNCTION pgtrickle_changes.wake_at_commit();

-- Called by whatever writes to a buffer: leaves the transaction's row for it unless it is there.
CREATE FUNCTION pgtrickle_changes.wake(buffer text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own text := pg_current_xact_id()::text;
    setting text := 'pg_trickle.woken_' || buffer;
    signals boolean;
BEGIN
    IF current_setting(setting, true) IS DISTINCT FROM own THEN
        PERFORM set_config(setting, own, true);
        signals := current_setting('pg_trickle.woken', true) IS DISTINCT FROM own;
        IF signals THEN
            PERFORM set_config('pg_trickle.woken', own, true);
        END IF;
        INSERT INTO pgtrickle_changes.wake VALUES (own::xid8, buffer, signals);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION pgtrickle_changes.wake(text) FROM PUBLIC;

-- The buffers that have been written to since the last call. Armed before it looks: a commit that it does not see finds the
-- wake-up armed.
CREATE FUNCTION pgtrickle._news(arm boolean) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_buffers text[];
BEGIN
    IF arm THEN
        PERFORM setval('pgtrickle.pgt_wake_armed', 1, false) FROM pgtrickle.pgt_wake_armed WHERE is_called;
    END IF;
    -- The rows do not survive a crash, so nobody has to wait until they are gone for ever.
    PERFORM set_config('synchronous_commit', 'off', true);
    WITH news AS (DELETE FROM pgtrickle_changes.wake RETURNING buffer)
    SELECT coalesce(array_agg(DISTINCT n.buffer), '{}') INTO found_buffers FROM news n;
    RETURN found_buffers;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._news(boolean) FROM PUBLIC;

-- The columns of a table, by attribute numbers, as the capture functions that were made for them name them. It is not
-- immutable. But PostgreSQL evaluates it when it plans a statement of a capture function, and plans that again after every
-- ALTER of the table whose rows the statement reads: so writers pay nothing, and see when the function is out of date.
CREATE FUNCTION pgtrickle_changes.shape(source oid, columns smallint[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT string_agg(format('%s %L %s %s %s', u.n, a.attname, a.atttypid, a.atttypmod, a.attcollation), ','
                ORDER BY u.n)
            FROM unnest(columns) u(n)
            LEFT JOIN pg_attribute a ON a.attrelid = source AND a.attnum = u.n AND NOT a.attisdropped);
END
$$;

-- The same, evaluated when it is called.
CREATE FUNCTION pgtrickle_changes.shape_now(source oid, columns smallint[]) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pgtrickle_changes.shape(source, columns);
END
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgtrickle_changes FROM PUBLIC;

-- Whether a type, and what it is made of, has a default operator class of an access method: 'btree' for equality,
-- 'hash' for hashing as hash_record_extended does it (support function 2).
CREATE FUNCTION pgtrickle.type_supports(type oid, method name) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t pg_type;
BEGIN
    SELECT * INTO t FROM pg_type WHERE oid = type;
    IF t.typtype = 'd' THEN
        RETURN pgtrickle.type_supports(t.typbasetype, method);
    ELSIF t.typcategory = 'A' AND t.typlen = -1 AND t.typelem <> 0 THEN
        RETURN pgtrickle.type_supports(t.typelem, method);
    ELSIF t.typtype IN ('r', 'm') THEN
        RETURN (SELECT pgtrickle.type_supports(r.rngsubtype, method) FROM pg_range r
                WHERE t.oid IN (r.rngtypid, r.rngmultitypid));
    ELSIF t.typtype = 'c' THEN
        RETURN NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              AND NOT pgtrickle.type_supports(a.atttypid, method));
    ELSIF t.typtype = 'e' THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod AND a.amname = method
        JOIN pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
            AND p.amprocnum = CASE method WHEN 'hash' THEN 2 ELSE 1 END
        WHERE o.opcdefault AND o.opcintype IN (t.oid,
            CASE t.typname WHEN 'varchar' THEN 'text'::regtype WHEN 'cidr' THEN 'inet'::regtype END));
END
$$;

-- What the compiler must know about a type.
CREATE FUNCTION pgtrickle.type_facts(type oid, typmod int, collation_oid oid) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (WITH RECURSIVE base AS (
        SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, typmod AS modifier
        FROM pg_type t WHERE t.oid = type
        UNION ALL
        SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod,
               CASE WHEN b.modifier < 0 THEN b.typtypmod ELSE b.modifier END
        FROM base b JOIN pg_type t ON b.typtype = 'd' AND t.oid = b.typbasetype
    ), root AS (
        SELECT b.oid, b.modifier, t.typname, t.typcategory, t.typelem, t.typtype, t.typlen,
               (SELECT o.oid FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod AND a.amname = 'btree'
                WHERE o.opcdefault AND o.opcintype = CASE
                    WHEN t.typtype = 'e' THEN 'anyenum'::regtype
                    WHEN t.typtype = 'r' THEN 'anyrange'::regtype
                    WHEN t.typtype = 'm' THEN 'anymultirange'::regtype
                    WHEN t.typtype = 'c' THEN 'record'::regtype
                    WHEN t.typcategory = 'A' AND t.typlen = -1 THEN 'anyarray'::regtype
                    WHEN t.typname = 'varchar' THEN 'text'::regtype
                    WHEN t.typname = 'cidr' THEN 'inet'::regtype
                    ELSE t.oid END
                LIMIT 1) AS btree
        FROM base b JOIN pg_type t ON t.oid = b.oid WHERE b.typtype <> 'd'
    )
    SELECT jsonb_build_object(
        'sqlName', format_type(type, typmod),
        'collation', (SELECT format(' COLLATE %I.%I', n.nspname, c.collname)
            FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
            WHERE c.oid = collation_oid AND c.oid <> (SELECT t.typcollation FROM pg_type t WHERE t.oid = type)),
        'arithmetic', CASE
            WHEN r.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'INTEGER'
            WHEN r.oid = 'numeric'::regtype AND r.modifier >= 0 THEN 'FIXED_NUMERIC'
            WHEN r.oid = 'numeric'::regtype THEN 'NUMERIC'
            WHEN r.oid IN ('float4'::regtype, 'float8'::regtype) THEN 'FLOATING'
            ELSE 'NONE' END,
        'equality', CASE
            WHEN NOT pgtrickle.type_supports(r.oid, 'btree') THEN 'ABSENT'
            WHEN r.oid = 'numeric'::regtype AND r.modifier >= 0 THEN 'BY_IMAGE'
            WHEN equality.namespace <> 'pg_catalog'::regnamespace THEN 'OF_EXTENSION'
            WHEN equality.image_function = 'btequalimage' THEN 'BY_IMAGE'
            WHEN equality.image_function = 'btvarstrequalimage' AND (
                collation_oid = 0 OR (SELECT c.collisdeterministic FROM pg_collation c WHERE c.oid = collation_oid))
                AND r.typname IN ('text', 'varchar', 'name') THEN 'BY_IMAGE'
            ELSE 'BY_VALUE' END,
        'hashing', CASE WHEN pgtrickle.type_supports(r.oid, 'hash') THEN 'AVAILABLE' ELSE 'ABSENT' END)
    FROM root r
    LEFT JOIN LATERAL (
        SELECT (SELECT p.proname FROM pg_amproc ap JOIN pg_proc p ON p.oid = ap.amproc
                WHERE ap.amprocfamily = o.opcfamily AND ap.amproclefttype = o.opcintype
                  AND ap.amprocrighttype = o.opcintype AND ap.amprocnum = 4) AS image_function,
               (SELECT op.oprnamespace FROM pg_amop ao JOIN pg_operator op ON op.oid = ao.amopopr
                WHERE ao.amopfamily = o.opcfamily AND ao.amoplefttype = o.opcintype
                  AND ao.amoprighttype = o.opcintype AND ao.amopstrategy = 3) AS namespace
        FROM pg_opclass o WHERE o.oid = r.btree) equality ON true);
END
$$;

-- A table and everything that a query of it reads: its partitions or children, down to the last level.
CREATE FUNCTION pgtrickle.family_members(source oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE member(oid) AS (
        SELECT source
        UNION
        SELECT i.inhrelid FROM member m JOIN pg_inherits i ON i.inhparent = m.oid WHERE NOT i.inhdetachpending)
    SELECT oid FROM member
$$;

-- The level of the triggers that capture a table and the tables that get them; NULL for a table without relatives.
-- A statement fires the triggers of the table that it names. So triggers for each row are needed when a table that is
-- not read itself passes statements on to one that is.
CREATE FUNCTION pgtrickle.family(source oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH member AS MATERIALIZED (SELECT oid FROM pgtrickle.family_members(source) AS oid),
    outside AS (
        SELECT FROM member m JOIN pg_inherits i ON i.inhrelid = m.oid
        WHERE i.inhparent NOT IN (SELECT oid FROM member))
    SELECT CASE WHEN EXISTS (SELECT FROM outside) THEN 'ROW ' ELSE 'STATEMENT ' END
        || string_agg(m.oid::text, ',' ORDER BY m.oid)
    FROM member m HAVING count(*) > 1 OR EXISTS (SELECT FROM outside)
$$;

-- A relation as the compiler sees it.
CREATE FUNCTION pgtrickle.relation_facts(relation oid) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_build_object(
        'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
        'kind', CASE
            WHEN s.pgt_id IS NOT NULL THEN 'STREAM_TABLE'
            WHEN c.relkind = 'v' THEN 'VIEW'
            WHEN n.nspname IN ('pg_catalog', 'information_schema') OR n.nspname LIKE 'pg\_toast%' THEN 'SYSTEM_TABLE'
            WHEN c.relkind = 'm' THEN 'MATERIALIZED_VIEW'
            WHEN c.relkind = 'f' OR c.relhassubclass AND EXISTS (
                SELECT FROM pgtrickle.family_members(c.oid) AS m(oid) JOIN pg_class f ON f.oid = m.oid
                WHERE f.relkind = 'f') THEN 'FOREIGN_TABLE'
            WHEN c.relkind = 'p' THEN 'PARTITIONED_TABLE'
            WHEN c.relkind = 'r' AND parent.has_children THEN 'INHERITANCE_PARENT'
            WHEN c.relkind = 'r' THEN 'TABLE'
            ELSE 'OTHER' END,
        'temporary', c.relpersistence = 't',
        'streamTableId', s.pgt_id,
        'viewDefinition', CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END,
        'columns', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'name', a.attname, 'number', a.attnum,
                -- What a foreign table declares is not enforced, what a parent enforces may not hold for its children,
                -- and a constraint may not have been validated.
                'notNull', a.attnotnull AND (c.relkind = 'p' OR c.relkind = 'r' AND NOT parent.has_children) AND NOT EXISTS (
                    SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated
                      AND a.attnum = ANY (k.conkey)),
                'type', pgtrickle.type_facts(a.atttypid, a.atttypmod, a.attcollation)) ORDER BY a.attnum), '[]')
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
        'keys', (
            SELECT coalesce(jsonb_agg(k.columns ORDER BY k.indisprimary DESC, k.indexrelid), '[]') FROM (
                SELECT i.indisprimary, i.indexrelid, (
                    SELECT jsonb_agg(a.attname ORDER BY u.n)
                    FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY u(attnum, n)
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum) AS columns
                FROM pg_index i
                WHERE i.indrelid = c.oid AND NOT (c.relkind = 'r' AND parent.has_children)
                  AND i.indisunique AND i.indisvalid AND i.indimmediate
                  AND i.indpred IS NULL AND i.indexprs IS NULL
                  AND NOT EXISTS (
                      SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) u(attnum)
                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
                      WHERE NOT a.attnotnull)) k))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS has_children) parent
    LEFT JOIN pgtrickle.pgt_stream_tables s ON s.pgt_relid = c.oid
    WHERE c.oid = relation);
END
$$;

-- A temporary view of a query, in whose text names are resolved by the search path given; everything else is
-- PostgreSQL's own.
CREATE FUNCTION pgtrickle._probe(query text, path text) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    creation text := 'CREATE TEMPORARY VIEW __pgt_probe AS ' || query;
    statement refcursor;
BEGIN
    PERFORM set_config('search_path', path, true);
    -- Opening a cursor reads no row, but takes one SELECT only, checks privileges, and reports errors by position.
    OPEN statement NO SCROLL FOR EXECUTE query;
    CLOSE statement;
    EXECUTE creation;
    RETURN 'pg_temp.__pgt_probe'::pg_catalog.regclass;
END
$$;

-- PostgreSQL's own text of a query, with the names qualified that the search path finds outside pg_catalog.
CREATE FUNCTION pgtrickle.canonical_text(query text, path text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    probe oid := pgtrickle._probe(query, path);
    result text := pg_get_viewdef(probe);
BEGIN
    DROP VIEW pg_temp.__pgt_probe;
    RETURN result;
END
$$;

-- What PostgreSQL makes of a canonical query: its text once more, its output, everything it reads and calls.
CREATE FUNCTION pgtrickle.introspect(query text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    probe oid := pgtrickle._probe(query, 'pg_catalog, pg_temp');
    result jsonb;
BEGIN
    WITH RECURSIVE read(view) AS (
        SELECT probe
        UNION
        SELECT c.oid
        FROM read
        JOIN pg_rewrite w ON w.ev_class = read.view
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> read.view
        JOIN pg_class c ON c.oid = d.refobjid
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ), rules AS (
        SELECT w.ev_action::text AS tree FROM read JOIN pg_rewrite w ON w.ev_class = read.view
        WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = read.view AND c.relkind = 'v')
    ), read_relations AS (
        -- pg_depend leaves out pinned system relations; the rule's range table has them.
        SELECT view AS relation FROM read WHERE view <> probe
        UNION
        SELECT (m.found)[1]::oid FROM rules,
            regexp_matches(tree, ':rtekind 0 (?::\w+ <>\s*)*:relid (\d+)', 'g') AS m(found)
        WHERE (m.found)[1]::oid < 16384
    ), calls AS (
        SELECT (m.found)[1]::oid AS routine FROM rules,
            regexp_matches(tree, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') AS m(found)
        UNION
        SELECT o.oprcode FROM rules, regexp_matches(tree, ':opno (\d+)', 'g') AS m(found)
        JOIN pg_operator o ON o.oid = (m.found)[1]::oid
    )
    SELECT jsonb_build_object(
        'canonicalText', pg_get_viewdef(probe),
        'output', (
            SELECT jsonb_agg(jsonb_build_object('name', a.attname,
                'type', pgtrickle.type_facts(a.atttypid, a.atttypmod, a.attcollation)) ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = probe AND a.attnum > 0),
        'relations', (
            SELECT coalesce(jsonb_agg(pgtrickle.relation_facts(relation) ORDER BY relation), '[]')
            FROM read_relations),
        'routines', (
            SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('schema', n.nspname, 'name', p.proname,
                'kind', CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'w' THEN 'WINDOW' ELSE 'FUNCTION' END,
                'volatility', CASE p.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE'
                    ELSE 'IMMUTABLE' END,
                'returnsSet', p.proretset)), '[]')
            FROM calls JOIN pg_proc p ON p.oid = calls.routine JOIN pg_namespace n ON n.oid = p.pronamespace),
        'watched', pgtrickle.watched_objects(probe),
        'sqlValueFunctions', (SELECT coalesce(bool_or(tree LIKE '%{SQLVALUEFUNCTION%'), false) FROM rules))
    INTO result;
    DROP VIEW pg_temp.__pgt_probe;
    RETURN result;
END
$$;

-- The column types of a SELECT over names that are qualified already.
CREATE FUNCTION pgtrickle.describe(query text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result jsonb;
BEGIN
    EXECUTE 'CREATE TEMPORARY VIEW __pgt_describe AS ' || query;
    SELECT jsonb_agg(pgtrickle.type_facts(a.atttypid, a.atttypmod, a.attcollation) ORDER BY a.attnum) INTO result
    FROM pg_attribute a WHERE a.attrelid = 'pg_temp.__pgt_describe'::regclass AND a.attnum > 0;
    DROP VIEW pg_temp.__pgt_describe;
    RETURN result;
EXCEPTION WHEN invalid_table_definition THEN
    -- A view cannot have a column of an anonymous row type; a query can, inside.
    IF SQLERRM NOT LIKE '%pseudo-type record%' THEN
        RAISE;
    END IF;
    EXECUTE 'SELECT jsonb_build_array(pgtrickle.type_facts(pg_typeof((SELECT q.c FROM (' || query
        || ') AS q(c) LIMIT 0))::oid, -1, 0))' INTO result;
    RETURN result;
END
$$;

-- The differential stream tables with pending changes. pending is 1: the question is whether, not how many.
CREATE FUNCTION pgtrickle.pending_changes(OUT pgt_id bigint, OUT pending bigint) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    checks text;
BEGIN
    SELECT string_agg(format(
        'SELECT %s::bigint WHERE EXISTS (SELECT FROM pgtrickle_changes.%I b WHERE b.xid >= pg_snapshot_xmin(%L)'
            || ' AND NOT pg_visible_in_snapshot(b.xid, %L) AND (b.xid = %L::xid8 AND b.change_id <= %L::bigint) IS NOT TRUE)',
        s.pgt_id, 'changes_' || d.buffer_name, s.frontier ->> 'snapshot', s.frontier ->> 'snapshot',
        s.frontier ->> 'own_xid', s.frontier -> 'own_changes' ->> d.buffer_name), ' UNION ')
    INTO checks
    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = d.pgt_id
    WHERE d.buffer_name IS NOT NULL AND s.frontier IS NOT NULL;
    IF checks IS NOT NULL THEN
        RETURN QUERY EXECUTE 'SELECT c.id, 1::bigint FROM (' || checks || ') c(id)';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle.pending_changes() FROM PUBLIC;

INSERT INTO pgtrickle.pgt_schema_version (version, description) VALUES ('0.1.0', 'Initial schema');
