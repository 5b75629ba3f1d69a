-- Moving to another database, and to another version.

-- Whether the catalog was made in another database: what it says about relations is about those of that one. A table that
-- is dumped and restored gets another OID; one that is copied or upgraded with its files keeps it.
CREATE FUNCTION pgtrickle.is_restored() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pgtrickle.readable_stream_tables s
                   WHERE s.catalog_oid <> 'pgtrickle.pgt_stream_tables'::regclass::oid)
$$;

-- Makes the stream tables of a dump that was restored those of this database. Their rows stay; what captures changes is
-- made anew by the next refresh, which recomputes and applies the difference. Does nothing in a database of its own. The
-- service does it when it begins to lead. A stream table whose table the dump did not have is in status ERROR.
CREATE FUNCTION pgtrickle.restore_stream_tables() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    here oid := 'pgtrickle.pgt_stream_tables'::regclass;
    item record;
    known jsonb;
    lost text;
BEGIN
    LOCK TABLE pgtrickle.pgt_stream_tables IN EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s WHERE s.catalog_oid <> here) THEN
        RETURN;
    END IF;
    -- Buffers, capture and what roles have allowed are named by OIDs that mean something else here.
    FOR item IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
                WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname ~ '^(captured?|bracket|flush|apply|recompute|slots)_'
                   OR p.pronamespace = 'pgtrickle'::regnamespace AND p.proname ~ '^_call_[0-9]+$'
                   OR p.pronamespace = 'pgtrickle_owned'::regnamespace AND p.proname <> 'run_' || p.proowner
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', item.name);
    END LOOP;
    FOR item IN SELECT c.oid::regclass::text AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
                FROM pg_class c
                WHERE c.relnamespace = 'pgtrickle_changes'::regnamespace AND c.relkind IN ('r', 'v')
                  AND c.relname ~ '^(open|changes|snapshot)_'
                   OR c.relnamespace = 'pgtrickle_owned'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^state_'
                ORDER BY c.relkind DESC
    LOOP
        EXECUTE format('DROP %s %s CASCADE', item.kind, item.name);
    END LOOP;
    FOR item IN SELECT c.oid::regtype::text AS name FROM pg_type c JOIN pg_class r ON r.oid = c.typrelid
                WHERE c.typnamespace = 'pgtrickle_changes'::regnamespace AND r.relkind = 'c' AND c.typname ~ '^row_'
    LOOP
        EXECUTE format('DROP TYPE %s', item.name);
    END LOOP;
    -- The numbers of the dumped cluster's transactions are yet to come here.
    PERFORM setval(c.oid::regclass, 1, false) FROM pg_class c
    WHERE c.relnamespace = 'pgtrickle_changes'::regnamespace AND c.relkind = 'S' AND c.relname ~ '^turn_';
    DELETE FROM pgtrickle.captured_sources;
    DELETE FROM pgtrickle.pgt_dependencies;
    DELETE FROM pgtrickle.pgt_watched;
    DELETE FROM pgtrickle.pgt_scheduler_jobs;
    known := (SELECT jsonb_object_agg(s.pgt_relid::text, s.pgt_id) FROM pgtrickle.pgt_stream_tables s);
    -- Old and new OIDs may be the same numbers for other tables: first numbers that are no table's.
    UPDATE pgtrickle.pgt_stream_tables s SET pgt_relid = (4294967295 - s.pgt_id)::oid;
    UPDATE pgtrickle.pgt_stream_tables s SET pgt_relid = c.oid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = s.pgt_schema AND c.relname = s.pgt_name AND c.relkind IN ('r', 'p');
    UPDATE pgtrickle.pgt_refresh_groups g SET member_oids = ARRAY(
        SELECT s.pgt_relid FROM unnest(g.member_oids) WITH ORDINALITY m(relid, n)
        JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = (known ->> m.relid::text)::bigint ORDER BY m.n);
    -- An empty fingerprint is none of any definition: the next refresh makes everything around the table anew.
    UPDATE pgtrickle.pgt_stream_tables s SET catalog_oid = here, frontier = NULL, captured_columns = NULL,
        definition_fingerprint = '', needs_reinit = true,
        status = CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid = s.pgt_relid) THEN s.status ELSE 'ERROR' END,
        last_error_message = CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid = s.pgt_relid) THEN s.last_error_message
            ELSE 'its table was not restored' END,
        updated_at = now();
    WITH gates AS (DELETE FROM pgtrickle.pgt_source_gates RETURNING 'source gates'),
    watermarks AS (DELETE FROM pgtrickle.pgt_watermarks RETURNING 'watermarks'),
    watermark_groups AS (DELETE FROM pgtrickle.pgt_watermark_groups RETURNING 'watermark groups')
    SELECT string_agg(DISTINCT f.what, ', ') INTO lost
    FROM (TABLE gates UNION ALL TABLE watermarks UNION ALL TABLE watermark_groups) f(what);
    IF lost IS NOT NULL THEN
        RAISE WARNING 'pg_trickle: % are about tables of the dumped database and were removed', lost
            USING HINT = 'Set them again.';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle.restore_stream_tables() FROM PUBLIC;

-- The statements that make all stream tables again, those that others read first. Only those are left out whose query
-- the caller may not see.
CREATE FUNCTION pgtrickle.dump_stream_tables() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE reads AS (
        SELECT d.pgt_id, u.pgt_id AS upstream FROM pgtrickle.pgt_dependencies d
        JOIN pgtrickle.readable_stream_tables u ON u.pgt_relid = d.source_relid
    ), level(pgt_id, depth) AS (
        SELECT s.pgt_id, 0 FROM pgtrickle.readable_stream_tables s
        UNION
        SELECT r.pgt_id, l.depth + 1 FROM level l JOIN reads r ON r.upstream = l.pgt_id WHERE l.depth < 1000
    )
    SELECT string_agg(pgtrickle.definition_of(s.pgt_id)
            || CASE WHEN s.status IN ('SUSPENDED', 'ERROR') THEN format(
                   E'SELECT pgtrickle.alter_stream_table(name => %L, status => ''SUSPENDED'');\n',
                   format('%I.%I', s.pgt_schema, s.pgt_name)) ELSE '' END,
        E'\n' ORDER BY l.depth, s.pgt_schema, s.pgt_name)
    FROM (SELECT pgt_id, max(depth) AS depth FROM level GROUP BY pgt_id) l
    JOIN pgtrickle.readable_stream_tables s ON s.pgt_id = l.pgt_id
    WHERE s.defining_query IS NOT NULL
$$;

-- Brings what is stored to the version of the functions, and says what there is to do. The steps from one version to the
-- next come with the program: "pgtrickle install", or ALTER EXTENSION pg_trickle UPDATE.
CREATE FUNCTION pgtrickle.migrate() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored text := (SELECT v.version FROM pgtrickle.pgt_schema_version v ORDER BY v.applied_at DESC, v.version DESC LIMIT 1);
    newest text := (SELECT e.default_version FROM pg_available_extensions e
                    WHERE e.name = 'pg_trickle' AND e.installed_version IS NOT NULL);
    restored boolean := pgtrickle.is_restored();
BEGIN
    IF restored THEN
        PERFORM pgtrickle.restore_stream_tables();
    END IF;
    IF stored IS DISTINCT FROM pgtrickle.version() THEN
        RAISE EXCEPTION 'pg_trickle %, but its functions are of version %', coalesce(stored, 'is of no version'),
            pgtrickle.version() USING ERRCODE = '55000',
                HINT = 'Run "pgtrickle install" of the newer version, or ALTER EXTENSION pg_trickle UPDATE.';
    END IF;
    RETURN format('pg_trickle %s is current', stored)
        || CASE WHEN restored THEN '; the stream tables of the dump are recomputed by the next refreshes' ELSE '' END
        || CASE WHEN newest <> stored THEN format('; version %s can be had by ALTER EXTENSION pg_trickle UPDATE', newest)
           ELSE '' END;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle.migrate() FROM PUBLIC;
