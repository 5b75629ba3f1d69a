-- Gates, watermarks, groups and fuses by SQL. They need no service: what they store holds from the commit on, since every
-- refresh reads it in its own snapshot.

-- One call by whoever executes this. Names are looked up before, as the caller means them; what they have found, and what
-- the caller may do with it, is looked at by what is called.
CREATE FUNCTION pgtrickle._coordinate(call text, arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role oid := pgtrickle._role(current_user);
    result jsonb;
BEGIN
    PERFORM pgtrickle._require_primary();
    IF has_function_privilege('pgtrickle._perform(oid, text, jsonb, jsonb)', 'EXECUTE') THEN
        RETURN pgtrickle._perform(role, 'local ' || call, arguments, NULL);
    END IF;
    IF NOT pgtrickle._has_door(role) THEN
        PERFORM pgtrickle._admit(role);
    END IF;
    EXECUTE format('SELECT pgtrickle._call_%s($1, $2, NULL)', role) INTO result USING 'local ' || call, arguments;
    RETURN result;
END
$$;

-- Does what was called, for a role that is who it says.
CREATE FUNCTION pgtrickle._coordinated(caller oid, call text, arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := arguments ->> 'name';
    source oid := (arguments ->> 'source')::bigint::oid;
    members oid[] := ARRAY(SELECT DISTINCT m::bigint::oid FROM jsonb_array_elements_text(
        CASE jsonb_typeof(arguments -> 'members') WHEN 'array' THEN arguments -> 'members' ELSE '[]' END) m ORDER BY 1);
BEGIN
    CASE call
        WHEN 'local gate_source' THEN PERFORM pgtrickle._gate(caller, source);
        WHEN 'local ungate_source' THEN PERFORM pgtrickle._ungate(caller, source);
        WHEN 'local advance_watermark' THEN
            PERFORM pgtrickle._advance(caller, source, (arguments ->> 'watermark')::timestamptz);
        WHEN 'local create_watermark_group' THEN
            RETURN to_jsonb(pgtrickle._group_watermarks(caller, name, members,
                (arguments ->> 'tolerance')::double precision));
        WHEN 'local drop_watermark_group' THEN PERFORM pgtrickle._ungroup_watermarks(caller, name);
        WHEN 'local create_refresh_group' THEN
            RETURN to_jsonb(pgtrickle._group_refreshes(caller, name, members, arguments ->> 'isolation'));
        WHEN 'local drop_refresh_group' THEN PERFORM pgtrickle._ungroup_refreshes(caller, name);
        WHEN 'local reset_fuse' THEN
            PERFORM pgtrickle._reset_fuse(caller, (arguments ->> 'id')::bigint, arguments ->> 'action');
    END CASE;
    RETURN NULL;
END
$$;

-- The name of a source that a role may gate, since it owns it or may write it; an error for any other.
CREATE FUNCTION pgtrickle._gatable(caller oid, source oid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    name text := pgtrickle.relation_name(source);
BEGIN
    SELECT r.relkind, r.relowner INTO c FROM pg_class r WHERE r.oid = source;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'table not found: %', source USING ERRCODE = 'undefined_table',
            DETAIL = 'It was dropped meanwhile.', HINT = 'Name a table that there is.';
    ELSIF c.relkind NOT IN ('r', 'p', 'f', 'm') THEN
        RAISE EXCEPTION '% is not a table', name USING ERRCODE = 'wrong_object_type',
            DETAIL = 'Gates and watermarks are those of tables, foreign tables and materialized views.',
            HINT = 'Name the tables that a view reads.';
    ELSIF NOT (pg_has_role(caller, c.relowner, 'USAGE')
            OR has_table_privilege(caller, source, 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege(caller, source, 'INSERT, UPDATE')) THEN
        RAISE EXCEPTION 'permission denied for source %', name USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Its owner, and roles that may write it, say when it can be read.',
            HINT = 'SET ROLE to such a role, or GRANT INSERT, UPDATE or DELETE on it.';
    END IF;
    RETURN name;
END
$$;

CREATE FUNCTION pgtrickle._gate(caller oid, source oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := pgtrickle._gatable(caller, source);
BEGIN
    DELETE FROM pgtrickle.pgt_source_gates g WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = g.source_relid);
    INSERT INTO pgtrickle.pgt_source_gates AS g (source_relid, gated_by) VALUES (source, pg_get_userbyid(caller))
    ON CONFLICT (source_relid) DO UPDATE
        SET gated = true, gated_at = now(), ungated_at = NULL, gated_by = excluded.gated_by WHERE NOT g.gated;
    PERFORM pg_notify('pgtrickle_source_gate', source::text);
    RAISE INFO 'source % is gated: what reads it is not refreshed until ungate_source()', name;
END
$$;

CREATE FUNCTION pgtrickle._ungate(caller oid, source oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := pgtrickle._gatable(caller, source);
BEGIN
    UPDATE pgtrickle.pgt_source_gates g SET gated = false, ungated_at = now() WHERE g.source_relid = source AND g.gated;
    IF FOUND THEN
        PERFORM pg_notify('pgtrickle_source_gate', source::text);
        RAISE INFO 'source % is not gated any more', name;
    END IF;
END
$$;

CREATE FUNCTION pgtrickle._advance(caller oid, source oid, reached timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := pgtrickle._gatable(caller, source);
    known record;
    timeout int := pgtrickle.setting_or_default('watermark_holdback_timeout')::int;
BEGIN
    IF NOT isfinite(reached) THEN
        RAISE EXCEPTION 'invalid argument: watermark "%"', reached USING ERRCODE = '22023',
            DETAIL = 'A watermark says up to when a source is loaded.', HINT = 'Give a point in time.';
    END IF;
    DELETE FROM pgtrickle.pgt_watermarks w WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = w.source_relid);
    INSERT INTO pgtrickle.pgt_watermarks (source_relid, watermark, advanced_by, wal_lsn_at_advance)
    VALUES (source, reached, pg_get_userbyid(caller), pg_current_wal_lsn()::text) ON CONFLICT (source_relid) DO NOTHING;
    IF NOT FOUND THEN
        SELECT w.watermark, w.updated_at INTO known FROM pgtrickle.pgt_watermarks w
        WHERE w.source_relid = source FOR UPDATE;
        IF known.watermark > reached THEN
            RAISE EXCEPTION 'the watermark of % cannot move backward', name USING ERRCODE = '22000',
                DETAIL = format('It is %s, and was to become %s.', known.watermark, reached),
                HINT = 'Watermarks only advance.';
        ELSIF known.watermark = reached THEN
            RETURN;
        END IF;
        UPDATE pgtrickle.pgt_watermarks w SET watermark = reached, updated_at = now(),
            advanced_by = pg_get_userbyid(caller), wal_lsn_at_advance = pg_current_wal_lsn()::text
        WHERE w.source_relid = source;
        IF timeout > 0 AND known.updated_at < now() - make_interval(secs => timeout) THEN
            PERFORM pg_notify('pgtrickle_alert', jsonb_build_object(
                'event', 'watermark_resumed', 'source_oid', source::bigint)::text);
        END IF;
    END IF;
    PERFORM pg_notify('pgtrickle_watermark', 'wm:' || source);
END
$$;

-- Refuses a name that no group can have.
CREATE FUNCTION pgtrickle._require_group_name(name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF btrim(name, E' \t\n\r') = '' OR length(name) > 200 THEN
        RAISE EXCEPTION 'invalid argument: group name "%"', left(name, 200) USING ERRCODE = '22023',
            DETAIL = 'It is empty, or longer than 200 characters.', HINT = 'Give a name.';
    END IF;
END
$$;

-- Refuses a group of one.
CREATE FUNCTION pgtrickle._require_members(name text, members oid[], what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(members) < 2 THEN
        RAISE EXCEPTION 'invalid argument: group "%" has fewer than two %', name, what USING ERRCODE = '22023',
            DETAIL = format('It was given %s that are not the same.', cardinality(members)),
            HINT = format('Name at least two %s.', what);
    END IF;
END
$$;

CREATE FUNCTION pgtrickle._group_watermarks(caller oid, name text, sources oid[], tolerance double precision) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id int;
BEGIN
    PERFORM pgtrickle._require_group_name(name);
    IF tolerance < 0 OR tolerance IN ('NaN', 'Infinity') THEN
        RAISE EXCEPTION 'invalid argument: tolerance_secs %', tolerance USING ERRCODE = '22023',
            DETAIL = 'It is how many seconds the watermarks of a group may be apart.',
            HINT = 'Give zero or a positive number.';
    END IF;
    PERFORM pgtrickle._require_members(name, sources, 'sources');
    PERFORM pgtrickle._gatable(caller, s) FROM unnest(sources) s;
    INSERT INTO pgtrickle.pgt_watermark_groups (group_name, source_relids, tolerance_secs)
    VALUES (name, sources, tolerance) ON CONFLICT (group_name) DO NOTHING RETURNING group_id INTO id;
    IF id IS NULL THEN
        RAISE EXCEPTION 'watermark group already exists: "%"', name USING ERRCODE = 'duplicate_object',
            DETAIL = 'Names of watermark groups are unique in a database.',
            HINT = 'Drop it with drop_watermark_group(), or use another name.';
    END IF;
    PERFORM pg_notify('pgtrickle_watermark', 'wm:' || s) FROM unnest(sources) s;
    RETURN id;
END
$$;

-- Sources that are gone need nobody's right.
CREATE FUNCTION pgtrickle._ungroup_watermarks(caller oid, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sources oid[] := (SELECT g.source_relids FROM pgtrickle.pgt_watermark_groups g WHERE g.group_name = name FOR UPDATE);
BEGIN
    IF sources IS NULL THEN
        RAISE EXCEPTION 'watermark group not found: "%"', name USING ERRCODE = 'undefined_object',
            DETAIL = 'No watermark group has that name.',
            HINT = 'List them with "SELECT * FROM pgtrickle.watermark_groups()".';
    END IF;
    PERFORM pgtrickle._gatable(caller, c.oid) FROM pg_class c WHERE c.oid = ANY (sources);
    DELETE FROM pgtrickle.pgt_watermark_groups g WHERE g.group_name = name;
    PERFORM pg_notify('pgtrickle_watermark', 'wm:' || s) FROM unnest(sources) s;
END
$$;

-- Refuses to do with a stream table what only its owner may.
CREATE FUNCTION pgtrickle._require_owner(caller oid, relation oid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pgtrickle._owns(caller, relation) THEN
        RAISE EXCEPTION 'must be owner of stream table %', pgtrickle.relation_name(relation)
            USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Its owner, members of that role and superusers may do this.',
            HINT = 'SET ROLE to its owner, or ask for the membership.';
    END IF;
END
$$;

CREATE FUNCTION pgtrickle._group_refreshes(caller oid, name text, members oid[], level text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id int;
    other record;
BEGIN
    PERFORM pgtrickle._require_group_name(name);
    IF level NOT IN ('read_committed', 'repeatable_read') THEN
        RAISE EXCEPTION 'invalid argument: isolation "%"', level USING ERRCODE = '22023',
            DETAIL = 'It is not an isolation level of refresh groups.', HINT = 'Use read_committed or repeatable_read.';
    END IF;
    PERFORM pgtrickle._require_members(name, members, 'stream tables');
    PERFORM pgtrickle._require_owner(caller, m) FROM unnest(members) m;
    LOCK TABLE pgtrickle.pgt_refresh_groups IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pgtrickle.pgt_refresh_groups g WHERE g.group_name = name) THEN
        RAISE EXCEPTION 'refresh group already exists: "%"', name USING ERRCODE = 'duplicate_object',
            DETAIL = 'Names of refresh groups are unique in a database.',
            HINT = 'Drop it with drop_refresh_group(), or use another name.';
    END IF;
    SELECT pgtrickle.relation_name(m.oid) AS member, g.group_name INTO other
    FROM pgtrickle.pgt_refresh_groups g CROSS JOIN unnest(members) m(oid) WHERE m.oid = ANY (g.member_oids) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'invalid argument: stream table % is in another group', other.member USING ERRCODE = '22023',
            DETAIL = format('It is a member of refresh group "%s".', other.group_name),
            HINT = 'A stream table is in one group; drop that one first.';
    END IF;
    INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids, isolation) VALUES (name, members, level)
    RETURNING group_id INTO id;
    RETURN id;
END
$$;

CREATE FUNCTION pgtrickle._ungroup_refreshes(caller oid, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    members oid[] := (SELECT g.member_oids FROM pgtrickle.pgt_refresh_groups g WHERE g.group_name = name FOR UPDATE);
BEGIN
    IF members IS NULL THEN
        RAISE EXCEPTION 'refresh group not found: "%"', name USING ERRCODE = 'undefined_table',
            DETAIL = 'No refresh group has that name.', HINT = 'List them with "SELECT * FROM pgtrickle.refresh_groups()".';
    END IF;
    PERFORM pgtrickle._require_owner(caller, c.oid) FROM pg_class c WHERE c.oid = ANY (members);
    DELETE FROM pgtrickle.pgt_refresh_groups g WHERE g.group_name = name;
END
$$;

-- The current snapshot as a frontier has it: the asking transaction, which PostgreSQL does not count among those in
-- progress, is.
CREATE FUNCTION pgtrickle._frontier_snapshot() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS (SELECT pg_current_xact_id() AS own, pg_current_snapshot() AS seen)
    SELECT CASE WHEN s.own >= pg_snapshot_xmax(s.seen) THEN s.seen::text
        ELSE format('%s:%s:%s', least(pg_snapshot_xmin(s.seen), s.own), pg_snapshot_xmax(s.seen), (
            SELECT string_agg(x.id::text, ',' ORDER BY x.id)
            FROM (SELECT pg_snapshot_xip(s.seen) AS id UNION SELECT s.own) x)) END
    FROM s
$$;

-- skip_changes moves this stream table's frontier over what is pending and leaves the buffers to their other readers.
CREATE FUNCTION pgtrickle._reset_fuse(caller oid, id bigint, action text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text;
    s pgtrickle.pgt_stream_tables;
BEGIN
    PERFORM pgtrickle._require_owner(caller, t.pgt_relid) FROM pgtrickle.pgt_stream_tables t WHERE t.pgt_id = id;
    SELECT * INTO s FROM pgtrickle.pgt_stream_tables t WHERE t.pgt_id = id FOR UPDATE;
    name := format('%I.%I', s.pgt_schema, s.pgt_name);
    IF action NOT IN ('apply', 'reinitialize', 'skip_changes') THEN
        RAISE EXCEPTION 'invalid argument: action "%"', action USING ERRCODE = '22023',
            DETAIL = 'It is no way to reset a fuse.', HINT = 'Use apply, reinitialize or skip_changes.';
    ELSIF s.fuse_state IS DISTINCT FROM 'blown' THEN
        RAISE EXCEPTION 'invalid argument: the fuse of stream table % is not blown', name USING ERRCODE = '22023',
            DETAIL = format('It is %s.', s.fuse_state), HINT = 'See pgtrickle.fuse_status().';
    END IF;
    UPDATE pgtrickle.pgt_stream_tables SET status = 'ACTIVE', fuse_state = 'armed', blown_at = NULL, blow_reason = NULL,
        fuse_strikes = 0, consecutive_errors = 0, updated_at = now(),
        needs_reinit = needs_reinit OR action = 'reinitialize',
        fuse_allowance = CASE WHEN action = 'skip_changes' THEN NULL
            -- In a group, what a member reads can be pending only while the group is refreshed.
            ELSE greatest(fuse_allowance, pgtrickle._pending_rows(id)) END,
        frontier = CASE WHEN action = 'skip_changes'
            THEN frontier || jsonb_build_object('snapshot', pgtrickle._frontier_snapshot()) ELSE frontier END
    WHERE pgt_id = id;
    RAISE INFO 'the fuse of % is armed again: its pending changes are %', name, CASE action
        WHEN 'apply' THEN 'applied' WHEN 'reinitialize' THEN 'replaced by recomputing it' ELSE 'skipped' END;
END
$$;

DO $$
DECLARE
    inner_function text;
BEGIN
    FOR inner_function IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'pgtrickle'::regnamespace AND p.proname IN ('_coordinated', '_gate', '_ungate', '_advance',
            '_group_watermarks', '_ungroup_watermarks', '_group_refreshes', '_ungroup_refreshes', '_reset_fuse', '_tell',
            '_skipped', '_note_held', '_blow_fuse')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', inner_function);
    END LOOP;
END
$$;

-- From the commit on, no scheduled refresh applies changes to what reads a source.
CREATE FUNCTION pgtrickle.gate_source(source text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('gate_source', jsonb_build_object(
        'source', pgtrickle._relation(source, current_schemas(true))::bigint));
END;

CREATE FUNCTION pgtrickle.ungate_source(source text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('ungate_source', jsonb_build_object(
        'source', pgtrickle._relation(source, current_schemas(true))::bigint));
END;

-- Says up to when a source is loaded.
CREATE FUNCTION pgtrickle.advance_watermark(source text, watermark timestamptz) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('advance_watermark', jsonb_build_object(
        'source', pgtrickle._relation(source, current_schemas(true))::bigint, 'watermark', watermark));
END;

-- What reads several of these sources is refreshed only while their watermarks are at most so many seconds apart.
CREATE FUNCTION pgtrickle.create_watermark_group(group_name text, sources text[], tolerance_secs double precision DEFAULT 0)
RETURNS int LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('create_watermark_group', jsonb_build_object('name', group_name,
        'tolerance', tolerance_secs::text, 'members', (
            SELECT jsonb_agg(pgtrickle._relation(s.name, current_schemas(true))::bigint) FROM unnest(sources) s(name))))::int;
END;

CREATE FUNCTION pgtrickle.drop_watermark_group(group_name text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('drop_watermark_group', jsonb_build_object('name', group_name));
END;

-- Stream tables that are to be refreshed together.
CREATE FUNCTION pgtrickle.create_refresh_group(group_name text, members text[], isolation text DEFAULT 'read_committed')
RETURNS int LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('create_refresh_group', jsonb_build_object('name', group_name, 'isolation', isolation,
        'members', (SELECT jsonb_agg((SELECT s.pgt_relid FROM pgtrickle.readable_stream_tables s
                WHERE s.pgt_id = pgtrickle.found_stream_table(m.name, pgtrickle.stream_table_id(m.name)))::bigint)
            FROM unnest(members) m(name))))::int;
END;

CREATE FUNCTION pgtrickle.drop_refresh_group(group_name text) RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('drop_refresh_group', jsonb_build_object('name', group_name));
END;

-- Lets a stream table whose fuse has blown go on: 'apply' what is pending, 'reinitialize' it, or 'skip_changes'.
CREATE FUNCTION pgtrickle.reset_fuse(name text, action text DEFAULT 'apply') RETURNS void LANGUAGE sql STRICT
BEGIN ATOMIC
    SELECT pgtrickle._coordinate('reset_fuse', jsonb_build_object(
        'id', pgtrickle.require_stream_table(name), 'action', action));
END;
