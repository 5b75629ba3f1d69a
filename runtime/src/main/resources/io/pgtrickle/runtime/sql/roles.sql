-- Whose rights a statement of pg_trickle has. What belongs to pg_trickle itself is done by the role that installed it,
-- what a stream table's owner has written by that owner: his query, his expressions, whatever his table has on it.

-- What belongs to the owners: the function that lends pg_trickle their rights, the hidden tables of their stream tables.
CREATE SCHEMA pgtrickle_owned;
COMMENT ON SCHEMA pgtrickle_owned IS 'pg_trickle: what belongs to the owners of stream tables';
GRANT USAGE, CREATE ON SCHEMA pgtrickle_owned TO PUBLIC;
GRANT USAGE ON SCHEMA pgtrickle_changes TO PUBLIC;

-- By what a refresh proves that it is one: 189 random bits. Of a sequence an expression reads the value, where that of a
-- table takes a query; they are compared with every statement that changes a stream table. Nobody else may read them.
CREATE SEQUENCE pgtrickle.pgt_secret_1;
CREATE SEQUENCE pgtrickle.pgt_secret_2;
CREATE SEQUENCE pgtrickle.pgt_secret_3;
REVOKE ALL ON SEQUENCE pgtrickle.pgt_secret_1, pgtrickle.pgt_secret_2, pgtrickle.pgt_secret_3 FROM PUBLIC;
SELECT setval('pgtrickle.pgt_secret_' || n, greatest(1, 9223372036854775807 & ('x' || encode(substr(sha256(convert_to(
    gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint))
FROM generate_series(1, 3) n;

-- The role that installed pg_trickle.
CREATE FUNCTION pgtrickle._installer() RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'pgtrickle'
$$;

CREATE FUNCTION pgtrickle._role(name name) RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.oid FROM pg_roles r WHERE r.rolname = name
$$;

-- What the function is that lends a role's rights. It works under the settings of its caller, so it qualifies every name,
-- and it trusts nothing that the statement may have set.
CREATE FUNCTION pgtrickle._runner_body() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT $body$
DECLARE
    found pg_catalog.record;
    found_rows pg_catalog.json[] := '{}';
    changed pg_catalog.int8;
BEGIN
    IF (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user) THEN
        RAISE EXCEPTION 'pg_trickle does not use the rights of a superuser' USING ERRCODE = '42501';
    END IF;
    IF kind OPERATOR(pg_catalog.=) 'query' THEN
        FOR found IN EXECUTE statement LOOP
            SET LOCAL search_path = pg_catalog, pg_temp;
            found_rows := pg_catalog.array_append(found_rows, (SELECT pg_catalog.json_agg(v.value)
                FROM pg_catalog.json_each(pg_catalog.row_to_json(found)) v));
        END LOOP;
        RETURN pg_catalog.array_to_json(found_rows);
    END IF;
    EXECUTE statement;
    GET DIAGNOSTICS changed = ROW_COUNT;
    SET LOCAL search_path = pg_catalog, pg_temp;
    RETURN pg_catalog.to_json(changed);
END
$body$
$$;

-- The function that lends a role's rights; NULL when there is none, or another one than the role's first call made.
CREATE FUNCTION pgtrickle._runner(role oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('pgtrickle_owned.%I', p.proname)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname = 'pgtrickle_owned' AND p.proname = 'run_' || role AND p.proowner = role
      AND p.proargtypes = '25 25'::oidvector AND p.proargnames = '{statement,kind}' AND p.pronargdefaults = 0
      AND p.prorettype = 'json'::regtype AND p.prosecdef AND p.prokind = 'f' AND p.provolatile = 'v'
      AND l.lanname = 'plpgsql' AND p.proconfig IS NULL AND p.prosrc = pgtrickle._runner_body()
      AND coalesce((SELECT bool_and(a.grantee IN (role, pgtrickle._installer())) FROM aclexplode(p.proacl) a), false)
$$;

-- Makes what a role needs for its calls, as that role. Only pg_trickle may use its rights: the function is closed to all
-- others before anybody sees it.
CREATE FUNCTION pgtrickle._enroll() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role oid := pgtrickle._role(current_user);
    runner text := format('pgtrickle_owned.run_%s(text, text)', role);
BEGIN
    PERFORM pgtrickle._admit(role);
    IF pgtrickle._runner(role) IS NULL THEN
        EXECUTE format('CREATE FUNCTION pgtrickle_owned.run_%s(statement text, kind text) RETURNS json LANGUAGE plpgsql'
            ' SECURITY DEFINER AS %L', role, pgtrickle._runner_body());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', runner);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', runner, pg_get_userbyid(pgtrickle._installer()));
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', runner,
            'pg_trickle: does what the stream tables of this role need, with its rights');
    END IF;
END
$$;

-- A role's door to pg_trickle: a call of the service as that role. It is made for the role that has this number and this
-- name; in another cluster, or after a renaming, the two may mean different roles.
CREATE FUNCTION pgtrickle._door_body(role oid, name name) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT pgtrickle._perform(r.oid, call, arguments, settings) FROM pg_catalog.pg_roles r'
        ' WHERE r.oid = %s AND r.rolname = %L', role, name)
$$;

-- Whether a role has its door and may use it.
CREATE FUNCTION pgtrickle._has_door(role oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'pgtrickle' AND p.proname = '_call_' || role AND has_function_privilege(role, p.oid, 'EXECUTE')
          AND p.prosrc = pgtrickle._door_body(role, pg_get_userbyid(role))
          AND (SELECT bool_and(a.grantee IN (role, p.proowner)) FROM aclexplode(p.proacl) a))
$$;

-- Makes a role's door to pg_trickle: whoever may execute the function has that role's rights, and so has proved who he is.
CREATE FUNCTION pgtrickle._admit(role oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    name text := (SELECT r.rolname FROM pg_roles r WHERE r.oid = role AND NOT r.rolsuper);
    door text := format('pgtrickle._call_%s(text, jsonb, jsonb)', role);
BEGIN
    IF name IS NULL THEN
        RETURN;
    END IF;
    IF role <> pgtrickle._installer() AND NOT pgtrickle._has_door(role) THEN
        EXECUTE format('DROP FUNCTION IF EXISTS %s', door);
        EXECUTE format('CREATE FUNCTION pgtrickle._call_%s(call text, arguments jsonb, settings jsonb)'
            ' RETURNS jsonb LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L', role,
            pgtrickle._door_body(role, name));
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', door);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', door, name);
    END IF;
    -- What is in its place and not its own, or has been changed.
    IF pgtrickle._runner(role) IS NULL THEN
        EXECUTE format('DROP FUNCTION IF EXISTS pgtrickle_owned.run_%s(text, text) CASCADE', role);
    END IF;
END
$$;

-- The settings that decide what a statement means.
CREATE FUNCTION pgtrickle._kept() RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_object_agg(n, current_setting(n)) FROM unnest(ARRAY['row_security', 'standard_conforming_strings',
        'backslash_quote', 'datestyle', 'intervalstyle', 'timezone', 'default_text_search_config', 'bytea_output', 'extra_float_digits',
        'transform_null_equals', 'array_nulls', 'xmloption', 'quote_all_identifiers', 'lock_timeout',
        'client_min_messages', 'client_encoding', 'random_page_cost', 'recursive_worktable_factor', 'jit',
        'default_tablespace', 'default_table_access_method', 'check_function_bodies']) AS n
$$;

-- Tables that the transaction of a backend has written to and that have triggers of somebody's that fire when it commits. Before
-- PostgreSQL 18 they have the rights of whoever commits.
CREATE FUNCTION pgtrickle._late_triggers(backend int) RETURNS oid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN current_setting('server_version_num')::int >= 180000 THEN '{}' ELSE ARRAY(
        SELECT DISTINCT t.tgrelid FROM pg_locks l JOIN pg_trigger t ON t.tgrelid = l.relation
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE l.pid = backend AND l.locktype = 'relation' AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND t.tgdeferrable AND NOT t.tgisinternal AND n.nspname <> 'pgtrickle_changes') END
$$;

-- Executes a statement with the rights of a role. What it leaves for the time after it, when others' rights are in use
-- again, is undone where that does no harm and refused where it cannot be: settings, prepared statements, cursors,
-- deferred triggers.
CREATE FUNCTION pgtrickle._as(role oid, statement text, kind text, settings jsonb, own boolean) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    runner text := pgtrickle._runner(role);
    kept jsonb := pgtrickle._kept();
    late oid[];
    changed text;
    result json;
BEGIN
    IF runner IS NULL THEN
        PERFORM pgtrickle._no_runner(role);
    END IF;
    IF NOT own THEN
        late := pgtrickle._late_triggers(pg_backend_pid());
        IF current_setting('transaction_isolation') <> 'read committed'
                AND current_setting('server_version_num')::int < 180000
                AND coalesce(current_setting('pg_trickle.calling', true), '') <> '' THEN
            -- The snapshot does not show the triggers that others have made meanwhile.
            RAISE EXCEPTION 'what belongs to role % can be called here by that role only', quote_ident(pg_get_userbyid(role))
                USING ERRCODE = '42501', DETAIL = 'This transaction has another isolation level than READ COMMITTED.',
                HINT = 'Use a transaction of READ COMMITTED, or call as the owner.';
        END IF;
    END IF;
    runner := format('SELECT %s($1, $2)', runner);
    IF settings IS NOT NULL THEN
        PERFORM pgtrickle._set(settings);
    END IF;
    EXECUTE runner INTO result USING statement, kind;
    SET LOCAL search_path = pg_catalog, pg_temp;
    changed := (SELECT string_agg(k.key, ',') FROM jsonb_each_text(kept) k WHERE current_setting(k.key) <> k.value);
    IF changed IS NOT NULL THEN
        PERFORM set_config(k.key, k.value, true) FROM jsonb_each_text(kept) k WHERE current_setting(k.key) <> k.value;
    END IF;
    IF NOT own THEN
        PERFORM set_config('pg_trickle.lent', concat_ws(',', 'search_path,standard_conforming_strings',
            nullif(current_setting('pg_trickle.lent', true), ''), changed), true);
        IF EXISTS (SELECT FROM pg_prepared_statements p WHERE p.from_sql AND p.prepare_time >= statement_timestamp())
                OR EXISTS (SELECT FROM pg_cursors c WHERE c.is_holdable AND c.creation_time >= statement_timestamp())
                OR EXISTS (SELECT unnest(pgtrickle._late_triggers(pg_backend_pid())) EXCEPT SELECT unnest(late)) THEN
            RAISE EXCEPTION 'code of role % would have been executed with the rights of others',
                quote_ident(pg_get_userbyid(role)) USING ERRCODE = '42501',
                DETAIL = 'It prepared a statement, left a cursor open, or wrote to a table with deferrable triggers.',
                HINT = 'Only the owner himself can call this, or the triggers must not be deferrable.';
        END IF;
    END IF;
    RETURN result;
END
$$;

-- Why a role's rights cannot be used.
CREATE FUNCTION pgtrickle._no_runner(role oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := quote_ident(pg_get_userbyid(role));
BEGIN
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'stream tables of superuser % cannot be refreshed', name USING ERRCODE = '42501',
            DETAIL = 'pg_trickle keeps no superuser''s rights.',
            HINT = format('ALTER TABLE ... OWNER TO a role that is none, such as %I.',
                pg_get_userbyid(pgtrickle._installer()));
    END IF;
    RAISE EXCEPTION 'role % has not allowed pg_trickle to work for it', name USING ERRCODE = '42501',
        DETAIL = 'A stream table is refreshed with the rights of its owner.',
        HINT = format('Execute SELECT pgtrickle.allow() as %s.', name);
END
$$;

-- Allows pg_trickle to use the rights of the calling role for its stream tables. Creating one does it by itself; a role
-- that gets one by ALTER TABLE ... OWNER TO may not have.
CREATE FUNCTION pgtrickle.allow() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        PERFORM pgtrickle._no_runner(pgtrickle._role(current_user));
    END IF;
    PERFORM pgtrickle._enroll();
END
$$;

-- The marker of a refresh of the stream table stored in a relation: for this transaction alone, and nobody can guess it.
CREATE FUNCTION pgtrickle._token(relation oid) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN relation || ':' || encode(sha256(convert_to(pg_sequence_last_value('pgtrickle.pgt_secret_1'::regclass) || ' '
        || pg_sequence_last_value('pgtrickle.pgt_secret_2'::regclass) || ' '
        || pg_sequence_last_value('pgtrickle.pgt_secret_3'::regclass) || ' '
        || relation || ' ' || pg_current_xact_id()::text || ' ' || pg_backend_pid(), 'UTF8')), 'hex');
END
$$;

-- Refuses changes of a stream table by anybody but its refresh.
CREATE FUNCTION pgtrickle.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('pg_trickle.refreshing', true) = 'at once' THEN
        IF currval('pgtrickle_changes.permit') = hashtextextended(pg_current_xact_id()::text, TG_RELID::bigint) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF coalesce(current_setting('pg_trickle.refreshing', true), '') = ''
            -- _token(TG_RELID), written out: this is executed with every refresh.
            OR current_setting('pg_trickle.refreshing') IS DISTINCT FROM TG_RELID || ':' || encode(sha256(convert_to(
                pg_sequence_last_value('pgtrickle.pgt_secret_1'::regclass) || ' '
                || pg_sequence_last_value('pgtrickle.pgt_secret_2'::regclass) || ' '
                || pg_sequence_last_value('pgtrickle.pgt_secret_3'::regclass) || ' '
                || TG_RELID || ' ' || pg_current_xact_id()::text || ' ' || pg_backend_pid(), 'UTF8')), 'hex') THEN
        -- A partition that was detached keeps the trigger.
        IF NOT pgtrickle.is_restored() AND NOT EXISTS (SELECT FROM pgtrickle.pgt_stream_tables s
                WHERE s.pgt_relid = coalesce(pg_partition_root(TG_RELID::regclass), TG_RELID)) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'cannot % stream table %',
            CASE TG_OP WHEN 'INSERT' THEN 'insert into' WHEN 'DELETE' THEN 'delete from' ELSE lower(TG_OP) END,
            format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) USING ERRCODE = 'P0001',
            DETAIL = 'Its rows are those of its query and change with the tables that it reads.',
            HINT = 'Change those tables, or drop the stream table with pgtrickle.drop_stream_table().';
    END IF;
    RETURN NULL;
END
$$;

-- Whether the running refresh is one of a stream table that reads or writes a change buffer.
CREATE FUNCTION pgtrickle._may_use(buffer text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    marker text := coalesce(current_setting('pg_trickle.refreshing', true), '');
    relation oid := substring(marker FROM '^([0-9]+):')::oid;
BEGIN
    RETURN relation IS NOT NULL AND pg_current_xact_id_if_assigned() IS NOT NULL
        AND marker = pgtrickle._token(relation) AND EXISTS (
            SELECT FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_relid = relation AND (buffer = 'pgt_' || s.pgt_id
                OR EXISTS (SELECT FROM pgtrickle.pgt_dependencies d WHERE d.pgt_id = s.pgt_id AND d.buffer_name = buffer)));
END
$$;

-- The first of these relations of which a role may not see every row and column. Who reads changes sees all of them.
CREATE FUNCTION pgtrickle._hidden_from(role oid, relations oid[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%I.%I', n.nspname, c.relname) || CASE WHEN has_table_privilege(role, c.oid, 'SELECT') THEN
        ', which has row-level security,' ELSE '' END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN pg_roles r
    WHERE c.oid = ANY (relations) AND r.oid = role AND NOT r.rolsuper AND (NOT has_table_privilege(role, c.oid, 'SELECT')
        OR c.relrowsecurity AND NOT r.rolbypassrls AND NOT (pg_has_role(role, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity))
    ORDER BY c.oid LIMIT 1
$$;

-- Whether a role owns a stream table, itself or by its membership; superusers own all.
CREATE FUNCTION pgtrickle._owns(role oid, relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT pg_has_role(role, c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = relation),
        pg_has_role(role, pgtrickle._installer(), 'USAGE'))
$$;

DO $$
DECLARE
    inner_function text;
BEGIN
    FOR inner_function IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'pgtrickle'::regnamespace AND p.proname IN ('_as', '_token', '_late_triggers')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', inner_function);
    END LOOP;
    -- A service that is a superuser's does not lend its own rights to the one who installed.
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        PERFORM pgtrickle._enroll();
    END IF;
END
$$;
