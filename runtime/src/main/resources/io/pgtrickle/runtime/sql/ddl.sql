-- What is done to stream tables and their sources by plain SQL: cleaning up after it, and event triggers that do so at once
-- and refuse what would break stream tables. Without event triggers, whose creation needs a superuser, a service and the
-- next call do the same.

-- Removes what captures a source: functions, and with them the triggers on whatever tables, buffer, snapshot.
CREATE FUNCTION pgtrickle._drop_capture(suffix text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    operation text;
BEGIN
    FOREACH operation IN ARRAY ARRAY['ins', 'upd', 'del', 'move', 'row', 'trunc'] LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS pgtrickle_changes.%I() CASCADE', 'capture_' || suffix || '_' || operation);
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS pgtrickle_changes.%I() CASCADE', 'bracket_' || suffix || '_before');
    EXECUTE format('DROP FUNCTION IF EXISTS pgtrickle_changes.%I() CASCADE', 'bracket_' || suffix || '_after');
    EXECUTE format('DROP FUNCTION IF EXISTS pgtrickle_changes.%I(bigint, bigint)', 'captured_' || suffix);
    EXECUTE format('DROP VIEW IF EXISTS pgtrickle_changes.%I', 'open_' || suffix);
    EXECUTE format('DROP TABLE IF EXISTS pgtrickle_changes.%I', 'changes_' || suffix);
    EXECUTE format('DROP TABLE IF EXISTS pgtrickle_changes.%I', 'snapshot_' || suffix);
    EXECUTE format('DROP TYPE IF EXISTS pgtrickle_changes.%I', 'row_' || suffix);
END
$$;

-- Makes readers of a buffer that will not be there read no buffer; they must be made anew before they are refreshed again.
CREATE FUNCTION pgtrickle._forget_buffer(suffix text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pgtrickle._drop_immediate(d.pgt_id) FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = suffix;
    UPDATE pgtrickle.pgt_stream_tables SET function_hashes = NULL, needs_reinit = true
    WHERE pgt_id IN (SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = suffix);
    DELETE FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = suffix AND EXISTS (
        SELECT FROM pgtrickle.pgt_dependencies o
        WHERE o.pgt_id = d.pgt_id AND o.source_relid = d.source_relid AND o.buffer_name IS DISTINCT FROM suffix);
    UPDATE pgtrickle.pgt_dependencies SET buffer_name = NULL, columns_used = NULL WHERE buffer_name = suffix;
END
$$;

-- Notes that a stream table cannot be maintained. It reads no buffer from then on, so that none grows for it, and is made
-- anew when it can be maintained again.
CREATE FUNCTION pgtrickle._give_up(id bigint, message text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pgtrickle.pgt_stream_tables SET status = 'ERROR', consecutive_errors = consecutive_errors + 1,
        last_error_message = message, last_error_at = now(), needs_reinit = true,
        function_hashes = 'error:' || pgtrickle.watched_state(id)
    WHERE pgt_id = id;
    -- Writers pass by it.
    UPDATE pgtrickle.pgt_immediate SET populated = false WHERE pgt_id = id;
    PERFORM pgtrickle._drop_immediate(id);
    DELETE FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = id AND EXISTS (
        SELECT FROM pgtrickle.pgt_dependencies o
        WHERE o.pgt_id = id AND o.source_relid = d.source_relid AND o.buffer_name < d.buffer_name);
    UPDATE pgtrickle.pgt_dependencies SET buffer_name = NULL, columns_used = NULL WHERE pgt_id = id;
END
$$;

-- Removes one stream table whose storage is gone. Its readers find out by themselves.
CREATE FUNCTION pgtrickle._remove_stream_table(id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    state name;
BEGIN
    PERFORM pgtrickle._forget_buffer('pgt_' || id);
    DELETE FROM pgtrickle.pgt_stream_tables WHERE pgt_id = id;
    PERFORM pgtrickle._drop_capture('pgt_' || id);
    PERFORM pgtrickle._drop_immediate(id);
    EXECUTE format('DROP SEQUENCE IF EXISTS pgtrickle_changes.%I', 'turn_' || id);
    FOR state IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'pgtrickle_owned'::regnamespace
            AND c.relkind = 'r' AND c.relname ~ ('^state_' || id || '_[0-9]+$') LOOP
        EXECUTE format('DROP TABLE pgtrickle_owned.%I CASCADE', state);
    END LOOP;
END
$$;

-- The captures that no stream table reads, or whose source is gone.
CREATE VIEW pgtrickle.idle_captures AS
SELECT t.buffer_name, NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.source_relid) AS sourceless
FROM pgtrickle.captured_sources t
WHERE NOT EXISTS (SELECT FROM pgtrickle.pgt_dependencies d
                  WHERE d.source_relid = t.source_relid AND d.buffer_name = t.buffer_name)
   OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.source_relid);

-- Cleans up after what was dropped or renamed by plain SQL: stream tables without storage, captures without readers or
-- source, names. What another session is at, or has locked for longer than a moment, is left for the next time. Each thing
-- is locked by a statement of its own before it is looked at again: a session that held the lock may have made a reader.
CREATE FUNCTION pgtrickle._tidy() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '300ms' SET client_min_messages = warning AS $$
DECLARE
    id bigint;
    suffix text;
BEGIN
    IF pgtrickle.is_restored() THEN
        -- What the catalog says about relations is about those of another database.
        RETURN;
    END IF;
    FOR id IN SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
            WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.pgt_relid) ORDER BY 1 LOOP
        BEGIN
            PERFORM FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id FOR UPDATE NOWAIT;
            IF EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id
                       AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.pgt_relid)) THEN
                PERFORM pgtrickle._remove_stream_table(id);
            END IF;
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
            NULL;
        END;
    END LOOP;
    FOR suffix IN SELECT i.buffer_name FROM pgtrickle.idle_captures i ORDER BY 1 LOOP
        BEGIN
            PERFORM FROM pgtrickle.captured_sources t WHERE t.buffer_name = suffix FOR UPDATE NOWAIT;
            IF EXISTS (SELECT FROM pgtrickle.idle_captures i WHERE i.buffer_name = suffix) THEN
                PERFORM FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id IN (
                    SELECT d.pgt_id FROM pgtrickle.pgt_dependencies d WHERE d.buffer_name = suffix) FOR UPDATE NOWAIT;
                PERFORM pgtrickle._forget_buffer(suffix);
                DELETE FROM pgtrickle.captured_sources t WHERE t.buffer_name = suffix;
                PERFORM pgtrickle._drop_capture(suffix);
            END IF;
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
            NULL;
        END;
    END LOOP;
    FOR id IN SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
            WHERE s.captured_columns IS NOT NULL AND s.refresh_mode <> 'IMMEDIATE' AND NOT EXISTS (
                SELECT FROM pgtrickle.pgt_dependencies d WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL) LOOP
        BEGIN
            PERFORM FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id FOR UPDATE NOWAIT;
            UPDATE pgtrickle.pgt_stream_tables s SET captured_columns = NULL
            WHERE s.pgt_id = id AND s.captured_columns IS NOT NULL AND s.refresh_mode <> 'IMMEDIATE' AND NOT EXISTS (
                SELECT FROM pgtrickle.pgt_dependencies d WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL);
            IF FOUND THEN
                PERFORM pgtrickle._drop_capture('pgt_' || id);
            END IF;
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
            NULL;
        END;
    END LOOP;
    PERFORM pgtrickle._follow_names();
END
$$;

-- Takes over the names that stream tables have been given by ALTER TABLE.
CREATE FUNCTION pgtrickle._follow_names() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
    renamed bigint[];
BEGIN
    IF pgtrickle.is_restored() THEN
        RETURN;
    END IF;
    -- First out of each other's way: two may have exchanged their names.
    WITH other AS (
        SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
        JOIN pg_class c ON c.oid = s.pgt_relid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE (s.pgt_schema, s.pgt_name) IS DISTINCT FROM (n.nspname::text, c.relname::text)
        ORDER BY 1 FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE pgtrickle.pgt_stream_tables s SET pgt_name = format('%s (%s)', s.pgt_name, s.pgt_id)
        FROM other o WHERE o.pgt_id = s.pgt_id RETURNING s.pgt_id)
    SELECT array_agg(m.pgt_id) INTO renamed FROM moved m;
    IF renamed IS NOT NULL THEN
        UPDATE pgtrickle.pgt_stream_tables s SET pgt_schema = n.nspname, pgt_name = c.relname, updated_at = now()
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = s.pgt_relid AND s.pgt_id = ANY (renamed);
    END IF;
EXCEPTION WHEN unique_violation OR lock_not_available OR deadlock_detected OR serialization_failure THEN
    -- Somebody else is at it; what is recorded is corrected the next time.
    NULL;
END
$$;

-- Whether _tidy() would find something.
CREATE FUNCTION pgtrickle._untidy() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT pgtrickle.is_restored() AND (EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s LEFT JOIN pg_class c ON c.oid = s.pgt_relid
            LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE (s.pgt_schema, s.pgt_name) IS DISTINCT FROM (n.nspname::text, c.relname::text))
        OR EXISTS (SELECT FROM pgtrickle.idle_captures)
        OR EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s WHERE s.captured_columns IS NOT NULL AND s.refresh_mode <> 'IMMEDIATE' AND NOT EXISTS (
            SELECT FROM pgtrickle.pgt_dependencies d WHERE d.source_relid = s.pgt_relid AND d.buffer_name IS NOT NULL)));
END
$$;

-- Whether the transaction that runs, or a subtransaction of it, has written a row. xmin has 32 bits of 64.
CREATE FUNCTION pgtrickle._is_ours(xmin xid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(pg_xact_status(w.written::text::xid8) = 'in progress', false)
    FROM (SELECT pg_current_xact_id()::text::numeric AS own) t
    CROSS JOIN LATERAL (SELECT t.own - mod(t.own - xmin::text::numeric, 4294967296) AS written) w
    WHERE w.written > 0
$$;

-- Why DDL on relations is refused: a line for each used column that this transaction has changed, with the stream tables
-- that use it. NULL when there are none.
CREATE FUNCTION pgtrickle._broken_columns(relations oid[]) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT string_agg(format('%s; read by %s.', b.change, b.readers), E'\n' ORDER BY b.change)
        FROM (
            SELECT pgtrickle.column_change(w.objid, w.objsubid, w.identity, w.detail) AS change,
                   string_agg(DISTINCT s.pgt_relid::regclass::text, ', ') AS readers
            FROM pgtrickle.pgt_watched w JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = w.pgt_id
            JOIN pg_attribute a ON a.attrelid = w.objid AND a.attnum = w.objsubid
            WHERE w.classid = 'pg_class'::regclass AND w.objsubid > 0 AND s.status <> 'ERROR'
              AND w.objid IN (SELECT m FROM unnest(relations) r(oid), pgtrickle.family_members(r.oid) AS m)
              AND pgtrickle._is_ours(a.xmin)
            GROUP BY 1) b
        WHERE b.change IS NOT NULL);
END
$$;

-- The same, NULL when the setting allows it.
CREATE FUNCTION pgtrickle._refusal(relations oid[]) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pgtrickle.setting_or_default('block_source_ddl')::boolean THEN
        RETURN pgtrickle._broken_columns(relations);
    END IF;
    RETURN NULL;
END
$$;

-- After DDL commands that can change what stream tables are made of. It returns at once when nothing is of ours; an error
-- in it is a warning.
CREATE FUNCTION pgtrickle._on_ddl_end() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched oid[];
    refusal text;
BEGIN
    IF current_setting('pg_trickle.own_ddl', true) = 'on' THEN
        RETURN;
    END IF;
    BEGIN
        -- Policies and triggers are named by themselves; what they stand on is in their catalogs.
        SELECT array_agg(DISTINCT o.oid) INTO touched
        FROM (SELECT CASE c.classid
                  WHEN 'pg_policy'::regclass THEN (SELECT p.polrelid FROM pg_policy p WHERE p.oid = c.objid)
                  WHEN 'pg_trigger'::regclass THEN (SELECT g.tgrelid FROM pg_trigger g WHERE g.oid = c.objid)
                  ELSE c.objid END AS oid
              FROM pg_event_trigger_ddl_commands() c
              WHERE c.schema_name IS DISTINCT FROM 'pg_temp' AND c.objid IS NOT NULL) o;
        IF touched IS NULL OR pgtrickle.is_restored() THEN
            RETURN;
        END IF;
        IF NOT EXISTS (SELECT FROM pgtrickle.pgt_watched w WHERE w.objid = ANY (touched))
                AND NOT EXISTS (SELECT FROM pgtrickle.pgt_watched w JOIN pg_inherits i ON i.inhrelid = w.objid
                                WHERE w.classid = 'pg_class'::regclass AND w.objsubid = 0
                                  AND i.inhparent = ANY (touched))
                AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = ANY (touched)) THEN
            RETURN;
        END IF;
        refusal := pgtrickle._refusal(touched);
        IF refusal IS NULL THEN
            PERFORM pgtrickle._follow_names();
            PERFORM pg_notify('pgtrickle_wake', 'catalog');
        END IF;
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'pg_trickle could not look at this command: %', SQLERRM;
    END;
    PERFORM pgtrickle._raise_refusal(refusal);
END
$$;

CREATE FUNCTION pgtrickle._raise_refusal(refusal text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'stream tables depend on columns that this command changes'
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = refusal,
            HINT = 'Drop or alter these stream tables first. With "SET pg_trickle.block_source_ddl = off" the command is '
                || 'allowed: a stream table whose query still works is computed anew, others get status ERROR until their '
                || 'query is altered.';
    END IF;
END
$$;

-- After everything that drops. The same holds for it.
CREATE FUNCTION pgtrickle._on_sql_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dropped oid[];
    columns oid[];
    refusal text;
BEGIN
    IF current_setting('pg_trickle.own_ddl', true) = 'on'
            OR to_regclass('pgtrickle.pgt_watched') IS NULL OR to_regnamespace('pgtrickle_changes') IS NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT array_agg(DISTINCT o.objid), array_agg(DISTINCT o.objid) FILTER (WHERE o.object_type = 'table column')
        INTO dropped, columns FROM pg_event_trigger_dropped_objects() o WHERE NOT o.is_temporary;
        IF pgtrickle.is_restored() OR NOT EXISTS (SELECT FROM pgtrickle.pgt_watched w WHERE w.objid = ANY (dropped))
                AND NOT EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_relid = ANY (dropped))
                AND NOT EXISTS (SELECT FROM pgtrickle.captured_sources t WHERE t.source_relid = ANY (dropped)) THEN
            RETURN;
        END IF;
        IF columns IS NOT NULL THEN
            refusal := pgtrickle._refusal(columns);
        END IF;
        IF refusal IS NULL THEN
            PERFORM pgtrickle._tidy();
            PERFORM pg_notify('pgtrickle_wake', 'catalog');
        END IF;
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'pg_trickle could not clean up after this command: %', SQLERRM;
    END;
    PERFORM pgtrickle._raise_refusal(refusal);
END
$$;

DO $$
DECLARE
    internal regprocedure;
BEGIN
    FOREACH internal IN ARRAY ARRAY['pgtrickle._drop_capture(text)', 'pgtrickle._forget_buffer(text)', 'pgtrickle._give_up(bigint, text)',
        'pgtrickle._remove_stream_table(bigint)', 'pgtrickle._tidy()', 'pgtrickle._follow_names()', 'pgtrickle._on_ddl_end()', 'pgtrickle._on_sql_drop()']::regprocedure[]
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', internal);
    END LOOP;
END
$$;

-- Only some may make event triggers; without them the same happens a little later.
DO $$
BEGIN
    CREATE EVENT TRIGGER pg_trickle_ddl_tracker ON ddl_command_end
        WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW', 'CREATE VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE',
            'ALTER SCHEMA', 'CREATE FUNCTION', 'ALTER FUNCTION', 'ALTER ROUTINE', 'CREATE AGGREGATE', 'ALTER AGGREGATE',
            'ALTER OPERATOR', 'ALTER TYPE', 'ALTER DOMAIN', 'ALTER COLLATION', 'CREATE POLICY', 'ALTER POLICY',
            'CREATE TRIGGER', 'ALTER TRIGGER')
        EXECUTE FUNCTION pgtrickle._on_ddl_end();
    CREATE EVENT TRIGGER pg_trickle_drop_tracker ON sql_drop EXECUTE FUNCTION pgtrickle._on_sql_drop();
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;
