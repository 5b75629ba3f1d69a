-- Calls of the service: the SQL API's functions ask it what to do and do it, step by step, in the caller's session.

-- A secret as one of the two keys of HMAC-SHA-256.
CREATE FUNCTION pgtrickle._hmac_key(secret text, pad int) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(set_byte('\x00', 0, CASE WHEN i < length(s.bytes) THEN get_byte(s.bytes, i) ELSE 0 END # pad), ''
        ORDER BY i)
    FROM (SELECT CASE WHEN length(convert_to(secret, 'UTF8')) > 64 THEN sha256(convert_to(secret, 'UTF8'))
              ELSE convert_to(secret, 'UTF8') END AS bytes) s, generate_series(0, 63) i
$$;

-- What a connection to a service is called. Those of the caller must not be taken for ours: nobody guesses it.
CREATE FUNCTION pgtrickle._connection_name(host text, port int, secret text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'pg_trickle service '
        || left(encode(sha256(convert_to(concat_ws(' ', 'connection', host, port, secret), 'UTF8')), 'hex'), 32)
$$;

-- The service that leads, registered by itself: where it is, and how many refreshes it may run at the same time, of all its
-- databases and of this one. Nobody but the functions below reads the secret.
CREATE TABLE pgtrickle.pgt_service (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    host text NOT NULL,
    port int NOT NULL,
    user_name text NOT NULL,
    secret text NOT NULL,
    tls boolean NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    max_workers int,
    per_db_cap int,
    parallel_mode text,
    inner_key bytea NOT NULL GENERATED ALWAYS AS (pgtrickle._hmac_key(secret, 54)) STORED,
    outer_key bytea NOT NULL GENERATED ALWAYS AS (pgtrickle._hmac_key(secret, 92)) STORED,
    connection text NOT NULL GENERATED ALWAYS AS (pgtrickle._connection_name(host, port, secret)) STORED
);
REVOKE ALL ON pgtrickle.pgt_service FROM PUBLIC;
GRANT SELECT (max_workers, per_db_cap, parallel_mode) ON pgtrickle.pgt_service TO PUBLIC;

-- A value of a connection string.
CREATE FUNCTION pgtrickle._conninfo(value text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '''' || replace(replace(value, '\', '\\'), '''', '\''') || ''''
$$;

-- Where dblink's functions are.
CREATE FUNCTION pgtrickle._dblink() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    via text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                 WHERE e.extname = 'dblink');
BEGIN
    IF via IS NULL THEN
        RAISE EXCEPTION 'the extension dblink is not installed in this database' USING ERRCODE = '55000',
            DETAIL = 'The functions of pg_trickle reach its service through dblink.',
            HINT = 'Run CREATE EXTENSION dblink, which managed PostgreSQL allows, or use the command line.';
    END IF;
    RETURN via;
END
$$;

-- HMAC-SHA-256 of a text, in hexadecimal digits.
CREATE FUNCTION pgtrickle._hmac(service pgtrickle.pgt_service, message text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(service.outer_key || sha256(service.inner_key || convert_to(message, 'UTF8'))), 'hex')
$$;
REVOKE ALL ON FUNCTION pgtrickle._hmac(pgtrickle.pgt_service, text) FROM PUBLIC;

-- How long to wait for an answer.
CREATE FUNCTION pgtrickle._patience() RETURNS interval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT interval '1 ms' * CASE coalesce(current_setting('pg_trickle.service_timeout_ms', true), '')
        WHEN '' THEN 30000 ELSE pgtrickle.setting('service_timeout_ms')::int END
$$;

-- The service to ask. 55000 when none is registered, and when `alive` is asked for and it does not lead any more or has
-- stopped working: a connection to it might wait for ever, since dblink knows no time limit for logging in.
CREATE FUNCTION pgtrickle._service(alive boolean) RETURNS pgtrickle.pgt_service
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    service pgtrickle.pgt_service;
    leader record;
BEGIN
    SELECT * INTO service FROM pgtrickle.pgt_service;
    IF FOUND AND NOT alive THEN
        RETURN service;
    END IF;
    -- The service holds this lock while it leads, and says something in the session that holds it every few seconds.
    -- The times of other roles' sessions are not always to be seen.
    SELECT CASE WHEN a.state = 'idle' THEN clock_timestamp() - a.state_change END AS silence INTO leader
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1885828210 AND l.objid = 1 AND l.objsubid = 2
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    IF service.host IS NULL OR NOT FOUND THEN
        RAISE EXCEPTION 'no pg_trickle service is running for this database' USING ERRCODE = '55000',
            DETAIL = 'This function asks the service what to do.',
            HINT = 'Start it with "pgtrickle serve", or use the command line, which needs none.';
    ELSIF leader.silence > interval '15 s' THEN
        RAISE EXCEPTION 'the pg_trickle service at %:% does not respond', service.host, service.port USING
            ERRCODE = '55000', DETAIL = format('It has done nothing in this database for %s.', leader.silence),
            HINT = 'See its log and its machine; ending its process lets another one take over.';
    END IF;
    RETURN service;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._service(boolean) FROM PUBLIC;

-- Closes the session's connection to a service, if it has one, and those to services before it.
CREATE FUNCTION pgtrickle._disconnect() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    via text := pgtrickle._dblink();
    other text;
BEGIN
    FOR other IN EXECUTE format('SELECT c FROM unnest(%s.dblink_get_connections()) AS c', via) LOOP
        IF other ~ '^pg_trickle service [0-9a-f]{32}$' THEN
            EXECUTE format('SELECT %s.dblink_disconnect($1)', via) USING other;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._disconnect() FROM PUBLIC;

-- Connects the session to the service that leads.
CREATE FUNCTION pgtrickle._connect() RETURNS pgtrickle.pgt_service
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    via text := pgtrickle._dblink();
    service pgtrickle.pgt_service := pgtrickle._service(true);
    problem text;
BEGIN
    PERFORM pgtrickle._disconnect();
    EXECUTE format('SELECT %s.dblink_connect($1, $2)', via) USING service.connection, concat_ws(' ',
        'host=' || pgtrickle._conninfo(service.host), 'port=' || service.port,
        'user=' || pgtrickle._conninfo(service.user_name), 'password=' || pgtrickle._conninfo(service.secret),
        'dbname=' || pgtrickle._conninfo(current_database()), 'require_auth=scram-sha-256 connect_timeout=5',
        'gssencmode=disable', CASE WHEN service.tls THEN 'sslmode=require channel_binding=require sslcertmode=disable'
            ELSE 'sslmode=disable' END);
    RETURN service;
EXCEPTION WHEN sqlclient_unable_to_establish_sqlconnection THEN
    GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the pg_trickle service at %:% cannot be reached', service.host, service.port USING
        ERRCODE = '08001', DETAIL = coalesce(nullif(problem, ''), SQLERRM),
        HINT = 'See whether "pgtrickle serve" is running and reachable from the database server.';
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._connect() FROM PUBLIC;

-- Waits until something has come over a connection that can be taken without waiting.
CREATE FUNCTION pgtrickle._await(via text, connection text, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    busy int;
    looked int := 0;
BEGIN
    LOOP
        EXECUTE format('SELECT %s.dblink_is_busy($1)', via) INTO busy USING connection;
        EXIT WHEN busy = 0;
        looked := looked + 1;
        IF looked > 300 THEN
            IF clock_timestamp() > until THEN
                RAISE EXCEPTION 'the pg_trickle service did not answer within %', pgtrickle._patience()
                    USING ERRCODE = '57014', HINT = 'See its log; pg_trickle.service_timeout_ms says how long to wait.';
            END IF;
            PERFORM pg_sleep(0.001);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._await(text, text, timestamptz) FROM PUBLIC;

-- Sends a request over a connection and takes the answer.
CREATE FUNCTION pgtrickle._ask(via text, connection text, request text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz := clock_timestamp() + pgtrickle._patience();
    sent int;
    answer text;
BEGIN
    EXECUTE format('SELECT %s.dblink_send_query($1, $2)', via)
        INTO sent USING connection, 'SELECT pgtrickle.call(' || quote_literal(request) || ')';
    IF sent = 1 THEN
        PERFORM pgtrickle._await(via, connection, until);
        EXECUTE format('SELECT answer FROM %s.dblink_get_result($1) AS r(answer text)', via)
            INTO answer USING connection;
        PERFORM pgtrickle._await(via, connection, until);
        EXECUTE format('SELECT FROM %s.dblink_get_result($1) AS r(answer text)', via) USING connection;
    END IF;
    IF answer IS NULL THEN
        RAISE EXCEPTION 'the pg_trickle service gave no answer' USING ERRCODE = '08006';
    END IF;
    RETURN answer;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._ask(text, text, text) FROM PUBLIC;

-- Says something to the service and waits for its answer, at most pg_trickle.service_timeout_ms. The connection is the
-- session's, where whatever else runs in it can use, close and replace it; so both sides prove with the secret that they
-- have said what they said, the answer for this request alone, the request for this statement of this session.
CREATE FUNCTION pgtrickle._exchange(message text, first boolean) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    via text := pgtrickle._dblink();
    service pgtrickle.pgt_service := pgtrickle._service(false);
    reused boolean;
    attempts int := 0;
    busy int;
    nonce text := gen_random_uuid();
    request text := format('%s/%s %s %s', pg_backend_pid(), extract(epoch FROM statement_timestamp()), nonce, message);
    answer text;
    state text;
    problem text;
    explanation text;
    advice text;
BEGIN
    EXECUTE format('SELECT $1 = ANY (%s.dblink_get_connections())', via)
        INTO reused USING service.connection;
    reused := coalesce(reused, false);
    IF NOT first AND NOT reused THEN
        RAISE EXCEPTION 'the connection to the pg_trickle service is gone' USING ERRCODE = '08003',
            HINT = 'Try again.';
    END IF;
    IF first AND reused THEN
        -- An interrupted call may have left something on it.
        EXECUTE format('SELECT %s.dblink_is_busy($1)', via) INTO busy USING service.connection;
        IF busy = 0 THEN
            EXECUTE format('SELECT FROM %s.dblink_get_result($1, false) AS r(answer text)', via)
                USING service.connection;
        ELSE
            reused := false;
        END IF;
    END IF;
    LOOP
        attempts := attempts + 1;
        IF NOT reused THEN
            service := pgtrickle._connect();
        END IF;
        BEGIN
            answer := pgtrickle._ask(via, service.connection,
                pgtrickle._hmac(service, 'request ' || request) || ' ' || request);
            EXIT;
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, problem = MESSAGE_TEXT,
                explanation = PG_EXCEPTION_DETAIL, advice = PG_EXCEPTION_HINT;
            PERFORM pgtrickle._disconnect();
            -- A service that was restarted has closed it meanwhile; nothing has been done for this call yet.
            IF first AND reused AND attempts = 1 AND (state LIKE '08%' OR state LIKE '57P0_') THEN
                reused := false;
                CONTINUE;
            END IF;
            IF (state LIKE '08%' OR state LIKE '57P0_') AND advice = '' THEN
                advice := 'See whether the pg_trickle service is running, and its log.';
            END IF;
            PERFORM pgtrickle._raise(state, problem, explanation, advice);
        END;
    END LOOP;
    IF left(answer, 65) IS DISTINCT FROM pgtrickle._hmac(service, 'answer ' || nonce || ' ' || substr(answer, 66)) || ' '
            OR (substr(answer, 66) IS JSON OBJECT) IS NOT TRUE THEN
        PERFORM pgtrickle._disconnect();
        RAISE EXCEPTION 'what answers at %:% is no pg_trickle service that this database knows', service.host,
            service.port USING ERRCODE = '08P01',
                HINT = 'Use a service of version 0.1.0, and see that nothing else listens there.';
    END IF;
    RETURN substr(answer, 66);
END
$$;

REVOKE ALL ON FUNCTION pgtrickle._exchange(text, boolean) FROM PUBLIC;

-- Raises an error with those of its parts that there are.
CREATE FUNCTION pgtrickle._raise(state text, message text, detail text, hint text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    detail := nullif(detail, '');
    hint := nullif(hint, '');
    IF detail IS NULL AND hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message;
    ELSIF detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
    ELSIF hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail;
    END IF;
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, HINT = hint;
END
$$;

-- Fails because of an answer that nothing can be done with.
CREATE FUNCTION pgtrickle._no_step() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the pg_trickle service gave an answer that is none' USING ERRCODE = '08P01',
        HINT = 'Use a service of version 0.1.0.';
END
$$;

-- An error as the service reads it.
CREATE FUNCTION pgtrickle._error(state text, message text, detail text, hint text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT json_build_object('error', json_build_object(
        'sqlstate', state, 'message', message, 'detail', detail, 'hint', hint))::text
$$;

-- Sets what a user's text depends on to what the user had; gives back what it was.
CREATE FUNCTION pgtrickle._set(settings jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    before pg_catalog.jsonb;
BEGIN
    before := (SELECT pg_catalog.jsonb_object_agg(s.key, pg_catalog.current_setting(s.key)) FROM pg_catalog.jsonb_each_text(settings) s);
    PERFORM pg_catalog.set_config(s.key, s.value, true) FROM pg_catalog.jsonb_each_text(settings) s;
    RETURN before;
END
$$;

-- Does what the service says until it says something else than a statement: the end of a block or of the call. A step
-- names the role whose rights it has, or has those of pg_trickle.
CREATE FUNCTION pgtrickle._steps(reply text, settings jsonb, first boolean, caller oid) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    step jsonb;
    role oid;
    statement text;
    own jsonb;
    found_row record;
    found_rows json[];
    count bigint;
BEGIN
    LOOP
        step := pgtrickle._exchange(reply, first)::jsonb;
        first := false;
        role := (step ->> 'as')::oid;
        statement := step #>> '{sql,0}';
        CASE step ->> 'do'
            WHEN 'execute' THEN
                FOR statement IN SELECT jsonb_array_elements_text(step -> 'sql') LOOP
                    IF role IS NULL THEN
                        EXECUTE statement;
                    ELSE
                        PERFORM pgtrickle._as(role, statement, 'execute', NULL, role = caller);
                    END IF;
                END LOOP;
                reply := '{}';
            WHEN 'query' THEN
                IF role IS NULL THEN
                    found_rows := '{}';
                    FOR found_row IN EXECUTE statement LOOP
                        found_rows := found_rows || (
                            SELECT json_agg(v.value) FROM json_each(row_to_json(found_row)) v);
                    END LOOP;
                    reply := json_build_object('rows', found_rows)::text;
                ELSE
                    reply := json_build_object('rows', pgtrickle._as(role, statement, 'query', NULL, role = caller))::text;
                END IF;
            WHEN 'query_by_users_names' THEN
                IF role IS NULL THEN
                    own := pgtrickle._set(settings);
                    EXECUTE statement INTO found_row;
                    PERFORM pgtrickle._set(own);
                    reply := json_build_object('rows', json_build_array((
                        SELECT json_agg(v.value) FROM json_each(row_to_json(found_row)) v)))::text;
                ELSE
                    reply := json_build_object('rows',
                        pgtrickle._as(role, statement, 'query', settings, role = caller))::text;
                END IF;
            WHEN 'update' THEN
                IF role IS NULL THEN
                    EXECUTE statement;
                    GET DIAGNOSTICS count = ROW_COUNT;
                ELSE
                    count := pgtrickle._as(role, statement, 'update', NULL, role = caller)::text::bigint;
                END IF;
                reply := json_build_object('count', count)::text;
            WHEN 'begin' THEN
                reply := pgtrickle._block(step -> 'sql', settings, caller);
            ELSE
                RETURN step;
        END CASE;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._steps(text, jsonb, boolean, oid) FROM PUBLIC;

-- A block of statements that is undone as a whole, when one fails or when the service says so.
CREATE FUNCTION pgtrickle._block(preparation jsonb, settings jsonb, caller oid) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    statement text;
    outcome jsonb;
    state text;
    message text;
    detail text;
    hint text;
BEGIN
    FOR statement IN SELECT jsonb_array_elements_text(preparation) LOOP
        EXECUTE statement;
    END LOOP;
    outcome := pgtrickle._steps('{}', settings, false, caller);
    IF outcome ->> 'do' = 'rollback' THEN
        RAISE EXCEPTION 'rolled back' USING ERRCODE = 'PT000';
    ELSIF outcome ->> 'do' IS DISTINCT FROM 'end' THEN
        PERFORM pgtrickle._no_step();
    END IF;
    RETURN '{}';
EXCEPTION
    WHEN SQLSTATE 'PT000' THEN
        RETURN '{}';
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
            hint = PG_EXCEPTION_HINT;
        IF state LIKE '08%' THEN
            -- There is nobody to say it to.
            RAISE;
        END IF;
        RETURN pgtrickle._error(state, message, detail, hint);
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._block(jsonb, jsonb, oid) FROM PUBLIC;

-- One call of the service, in the caller's transaction. The caller is who he says: nobody else may execute this function,
-- or the one that executes it for him. What statements set is reset at the end.
CREATE FUNCTION pgtrickle._perform(caller oid, call text, arguments jsonb, settings jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on SET jit = off
SET extra_float_digits = 1 SET intervalstyle = postgres SET bytea_output = hex SET datestyle = 'ISO, MDY'
SET recursive_worktable_factor = 1 SET client_min_messages = warning SET lock_timeout = '10s'
SET standard_conforming_strings = on SET quote_all_identifiers = off SET transform_null_equals = off
SET array_nulls = on SET default_tablespace = '' SET default_table_access_method = heap AS $$
DECLARE
    kept text[] := ARRAY['random_page_cost', 'TimeZone', 'default_text_search_config'];
    before text[] := ARRAY(SELECT current_setting(k) FROM unnest(kept) WITH ORDINALITY AS u(k, n) ORDER BY n);
    outcome jsonb;
    state text;
    message text;
    detail text;
    hint text;
    notice jsonb;
    path jsonb := settings -> 'path';
BEGIN
    IF call LIKE 'local %' THEN
        RETURN pgtrickle._coordinated(caller, call, arguments);
    END IF;
    settings := (SELECT jsonb_object_agg(s.key, s.value) FROM jsonb_each_text(settings) s
        WHERE s.key IN ('search_path', 'datestyle', 'intervalstyle', 'standard_conforming_strings', 'transform_null_equals',
            'array_nulls', 'xmloption', 'client_min_messages'));
    PERFORM set_config('pg_trickle.calling', 'on', true);
    PERFORM set_config('pg_trickle.callers_datestyle', settings ->> 'datestyle', true);
    BEGIN
        -- Who has the rights of the role that installed pg_trickle, or of a superuser, acts as that role: no superuser's
        -- rights are ever kept.
        outcome := pgtrickle._steps(json_build_object('call', call, 'arguments', arguments, 'version', '0.1.0',
            'isolation', current_setting('transaction_isolation'), 'database', current_database(),
            'path', path, 'caller', caller::bigint, 'role', CASE WHEN NOT pg_has_role(caller, pgtrickle._installer(), 'USAGE')
                THEN caller::bigint END)::text, settings, true, caller);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
            hint = PG_EXCEPTION_HINT;
        IF state LIKE '08%' OR state IN ('55000', '57014') THEN
            RAISE;
        END IF;
        -- The service says what it means for the caller.
        outcome := pgtrickle._steps(pgtrickle._error(state, message, detail, hint), settings, false, caller);
    END;
    IF outcome ->> 'do' = 'fail' THEN
        PERFORM pgtrickle._raise(outcome ->> 'sqlstate', outcome ->> 'message', outcome ->> 'detail',
            outcome ->> 'hint');
    END IF;
    IF outcome ->> 'do' IS DISTINCT FROM 'done' THEN
        PERFORM pgtrickle._no_step();
    END IF;
    PERFORM set_config('pg_trickle.calling', '', true);
    PERFORM set_config('pg_trickle.callers_datestyle', '', true);
    PERFORM set_config(u.k, u.v, true) FROM unnest(kept, before) AS u(k, v);
    PERFORM set_config('client_min_messages', settings ->> 'client_min_messages', true);
    FOR notice IN SELECT jsonb_array_elements(outcome -> 'notices') LOOP
        CASE notice ->> 'level'
            WHEN 'WARNING' THEN RAISE WARNING '%', notice ->> 'message';
            WHEN 'NOTICE' THEN RAISE NOTICE '%', notice ->> 'message';
            ELSE RAISE INFO '%', notice ->> 'message';
        END CASE;
    END LOOP;
    RETURN outcome -> 'result';
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._perform(oid, text, jsonb, jsonb) FROM PUBLIC;

-- One call by a role through its own function, which only it may execute; the first call makes it.
CREATE FUNCTION pgtrickle._call_as(role oid, call text, arguments jsonb, settings jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result jsonb;
BEGIN
    IF NOT pgtrickle._has_door(role) OR pgtrickle._runner(role) IS NULL THEN
        PERFORM pgtrickle._enroll();
    END IF;
    EXECUTE format('SELECT pgtrickle._call_%s($1, $2, $3)', role) INTO result USING call, arguments, settings;
    RETURN result;
END
$$;

-- Fails on a hot standby, where nothing can be stored.
CREATE FUNCTION pgtrickle._require_primary() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'invalid argument: this server is a hot standby' USING ERRCODE = '22023',
            DETAIL = 'Stream tables are created, changed and refreshed on the primary.',
            HINT = 'Call it on the primary; what it has refreshed comes with its changes.';
    END IF;
END
$$;

-- One call of the service by whoever executes this.
CREATE FUNCTION pgtrickle._call(call text, arguments jsonb, settings jsonb DEFAULT jsonb_build_object(
    'search_path', current_setting('search_path'), 'datestyle', current_setting('datestyle'),
    'intervalstyle', current_setting('intervalstyle'),
    'standard_conforming_strings', current_setting('standard_conforming_strings'),
    'transform_null_equals', current_setting('transform_null_equals'), 'array_nulls', current_setting('array_nulls'),
    'xmloption', current_setting('xmloption'), 'client_min_messages', current_setting('client_min_messages'),
    'path', current_schemas(true)))
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role oid := pgtrickle._role(current_user);
    before jsonb := pgtrickle._kept() || settings;
    result jsonb;
BEGIN
    IF coalesce(current_setting('pg_trickle.calling', true), '') <> '' THEN
        RAISE EXCEPTION 'pgtrickle.% cannot be called by what a function of pg_trickle executes', call USING
            ERRCODE = '55000', HINT = 'Call it from outside of queries, triggers and expressions of stream tables.';
    END IF;
    PERFORM pgtrickle._require_primary();
    IF has_function_privilege('pgtrickle._perform(oid, text, jsonb, jsonb)', 'EXECUTE') THEN
        result := pgtrickle._perform(role, call, arguments, settings);
    ELSE
        result := pgtrickle._call_as(role, call, arguments, settings);
    END IF;
    IF coalesce(current_setting('pg_trickle.lent', true), '') <> '' THEN
        -- Code of another role than the caller was executed. What it has set must not stay in the session.
        PERFORM set_config(n, before ->> n, false)
        FROM unnest(string_to_array(current_setting('pg_trickle.lent'), ',')) n WHERE before ? n;
        PERFORM set_config('pg_trickle.lent', '', true);
    END IF;
    RETURN result;
END
$$;
