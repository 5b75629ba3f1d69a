-- What stream tables are made of and what has become of it. Every refresh asks, so everything here costs what one stream
-- table reads, by indexes.

COMMENT ON COLUMN pgtrickle.pgt_stream_tables.function_hashes IS
    'pgtrickle.watched_state() that the stored rows and statements were made for; of status ERROR, after "error:", the one that did not work';

-- The objects that a stream table was made from, by their catalogs and OIDs: relations, their columns that are used,
-- routines, types, operators, collations, and its own storage. identity is the name, detail a column's type. known are the
-- numbers of a table's columns that are used, or the labels that an enumeration had. stamp and columns_stamp show that a
-- table was rewritten, and that its used columns were altered.
CREATE TABLE pgtrickle.pgt_watched (
    pgt_id bigint NOT NULL REFERENCES pgtrickle.pgt_stream_tables ON DELETE CASCADE,
    classid oid NOT NULL,
    objid oid NOT NULL,
    objsubid int NOT NULL,
    identity text NOT NULL,
    detail text,
    stamp text,
    columns_stamp text,
    known bigint[],
    PRIMARY KEY (pgt_id, classid, objid, objsubid)
);
CREATE INDEX idx_watched_object ON pgtrickle.pgt_watched (classid, objid);

-- PostgreSQL empties unlogged tables after a crash. When this one was, all were.
CREATE UNLOGGED TABLE pgtrickle.pgt_canary (token text NOT NULL);

-- Everything that a view depends on, down to tables, and that can be altered: [catalog, OID, column] of each.
CREATE FUNCTION pgtrickle.watched_objects(probe oid) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE object(classid, objid, objsubid) AS (
        SELECT 'pg_class'::regclass::oid, probe, 0
        UNION
        SELECT r.refclassid, r.refobjid, r.refobjsubid
        FROM object o CROSS JOIN LATERAL (
            -- A view's definition.
            SELECT d.refclassid, d.refobjid, d.refobjsubid
            FROM pg_class c JOIN pg_rewrite w ON w.ev_class = c.oid
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
            WHERE o.classid = 'pg_class'::regclass AND c.oid = o.objid AND c.relkind = 'v'
            UNION ALL
            -- Of a relation its types and collations; of all else also what it calls.
            SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend d
            WHERE d.classid = o.classid AND d.objid = o.objid
              AND (d.refclassid IN ('pg_type'::regclass, 'pg_collation'::regclass) OR o.classid <> 'pg_class'::regclass
                   AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass))
            UNION ALL
            SELECT 'pg_class'::regclass, t.typrelid, 0 FROM pg_type t
            WHERE o.classid = 'pg_type'::regclass AND t.oid = o.objid AND t.typrelid <> 0) r
        WHERE r.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass,
                'pg_collation'::regclass)
          AND r.refobjid >= 16384
    )
    SELECT coalesce(jsonb_agg(jsonb_build_array(o.classid::bigint, o.objid::bigint, o.objsubid)
        ORDER BY o.classid, o.objid, o.objsubid), '[]')
    FROM object o WHERE NOT (o.classid = 'pg_class'::regclass AND o.objid = probe)
$$;

-- Tells one state of what a stream table is made of from another: two hashes with a colon between. When the first is
-- another, the query must be compiled again. When the second is, the stored rows may be wrong although the query compiles
-- to the same. An object that is gone counts as the one that has its name.
CREATE FUNCTION pgtrickle.watched_state(id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    definition text;
    contents text;
    storage oid := (SELECT s.pgt_relid FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id);
BEGIN
    SELECT md5(coalesce(string_agg(s.state[1], E'\n' ORDER BY s.classid, s.objid), '')),
           md5(coalesce(string_agg(s.state[2], E'\n' ORDER BY s.classid, s.objid), ''))
    INTO definition, contents
    FROM (
        SELECT w.classid, w.objid, CASE w.classid
            WHEN 'pg_class'::regclass THEN coalesce((
                SELECT ARRAY[
                    concat_ws(' ', c.oid, c.relnamespace::regnamespace, c.relname, c.relkind, c.relpersistence,
                        c.relhassubclass, c.reloptions, a.columns,
                        CASE WHEN c.relhasindex THEN (
                            SELECT string_agg(concat_ws(' ', i.indkey, i.indnkeyatts, i.indisprimary), ',' ORDER BY i.indexrelid)
                            FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                              AND i.indpred IS NULL AND i.indexprs IS NULL) END,
                        CASE WHEN c.relkind = 'v' THEN (
                            SELECT string_agg(concat_ws(' ', r.oid, r.xmin), ',' ORDER BY r.oid) FROM pg_rewrite r
                            WHERE r.ev_class = c.oid) END),
                    CASE WHEN c.oid = storage AND c.relkind = 'p' THEN (
                        -- What a partition that was attached brought and one that was detached took.
                        SELECT string_agg(p.relid::oid::text, ',' ORDER BY p.relid::oid) FROM pg_partition_tree(c.oid) p)
                    WHEN c.oid <> storage AND c.relkind NOT IN ('v', 'c') THEN concat_ws(' ',
                        c.oid, c.relrowsecurity, c.relforcerowsecurity,
                        CASE WHEN c.relrowsecurity THEN (
                            SELECT string_agg(concat_ws(' ', p.polname, p.polpermissive, p.polcmd, p.polroles, p.polqual,
                                p.polwithcheck), ',' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid) END,
                        CASE WHEN a.generated THEN (
                            SELECT string_agg(concat_ws(' ', d.adnum, d.adbin), ',' ORDER BY d.adnum)
                            FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = ANY (a.generated_columns)) END,
                        CASE WHEN c.relpersistence = 'u' THEN (SELECT min(y.token) FROM pgtrickle.pgt_canary y) END,
                        -- There may be other values in a column that was altered in a table that was written anew.
                        CASE WHEN a.stamp <> w.columns_stamp AND (c.relkind = 'p' OR c.relfilenode::text <> w.stamp)
                            THEN a.stamp END) END]
                FROM pg_class c CROSS JOIN LATERAL (
                    SELECT string_agg(concat_ws(' ', t.attnum, t.attname, t.atttypid, t.atttypmod, t.attcollation,
                               t.attnotnull, t.attgenerated), ',' ORDER BY t.attnum) AS columns,
                           string_agg(concat(t.attnum, ':', t.xmin), ',' ORDER BY t.attnum)
                               FILTER (WHERE t.attnum::bigint = ANY (w.known)) AS stamp,
                           bool_or(t.attgenerated <> '') AS generated,
                           array_agg(t.attnum) FILTER (WHERE t.attgenerated <> '') AS generated_columns
                    FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped) a
                WHERE c.oid = w.objid), ARRAY[concat('gone ', to_regclass(w.identity)::oid), NULL])
            WHEN 'pg_proc'::regclass THEN coalesce((
                SELECT ARRAY[
                    concat_ws(' ', p.oid, p.pronamespace::regnamespace, p.proname),
                    concat_ws(' ', p.oid, p.prosrc, p.probin, p.prosqlbody, p.prolang, p.provolatile, p.proisstrict,
                        p.proretset, p.prorettype, p.proargtypes, p.proconfig, p.prosecdef,
                        CASE WHEN p.prokind = 'a' THEN (SELECT a::text FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END)]
                FROM pg_proc p WHERE p.oid = w.objid), ARRAY[concat('gone ', to_regprocedure(w.identity)::oid), NULL])
            WHEN 'pg_operator'::regclass THEN coalesce((
                SELECT ARRAY[concat_ws(' ', o.oid, o.oprnamespace::regnamespace, o.oprname), concat_ws(' ', o.oid, o.oprcode)]
                FROM pg_operator o WHERE o.oid = w.objid), ARRAY[concat('gone ', to_regoperator(w.identity)::oid), NULL])
            WHEN 'pg_type'::regclass THEN coalesce((
                SELECT ARRAY[
                    concat_ws(' ', t.oid, t.typnamespace::regnamespace, t.typname),
                    concat_ws(' ', t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull, t.typcollation,
                        CASE t.typtype
                            WHEN 'e' THEN (
                                SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e
                                WHERE e.enumtypid = t.oid AND e.oid::bigint = ANY (w.known))
                            WHEN 'd' THEN (
                                SELECT string_agg(concat_ws(' ', k.convalidated, k.conbin), ',' ORDER BY k.oid)
                                FROM pg_constraint k WHERE k.contypid = t.oid)
                            WHEN 'c' THEN (
                                SELECT string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
                                    a.attcollation), ',' ORDER BY a.attnum)
                                FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END)]
                FROM pg_type t WHERE t.oid = w.objid), ARRAY[concat('gone ', to_regtype(w.identity)::oid), NULL])
            ELSE (
                SELECT ARRAY[NULL, concat_ws(' ', l.oid, l.collversion, CASE WHEN l.collprovider = 'd'
                    THEN (SELECT pg_database_collation_actual_version(b.oid) FROM pg_database b
                          WHERE b.datname = current_database())
                    ELSE pg_collation_actual_version(l.oid) END)]
                FROM pg_collation l WHERE l.oid = w.objid) END AS state
        FROM pgtrickle.pgt_watched w WHERE w.pgt_id = id AND w.objsubid = 0) s;
    RETURN definition || ':' || contents;
END
$$;

-- Records what a stream table is made of, as it is now. columns are those that are used beside the ones among the objects,
-- as [relation, number].
CREATE FUNCTION pgtrickle._watch(id bigint, objects jsonb, columns jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pgtrickle.pgt_canary SELECT md5(random()::text || clock_timestamp())
    WHERE NOT EXISTS (SELECT FROM pgtrickle.pgt_canary);
    DELETE FROM pgtrickle.pgt_watched WHERE pgt_id = id;
    WITH object AS (
        SELECT (o.value ->> 0)::oid AS classid, (o.value ->> 1)::oid AS objid, (o.value ->> 2)::int AS objsubid
        FROM jsonb_array_elements(objects) o
        UNION
        SELECT 'pg_class'::regclass, (c.value ->> 0)::oid, (c.value ->> 1)::int FROM jsonb_array_elements(columns) c
    ), watched AS (
        SELECT o.classid, o.objid, o.objsubid FROM object o
        UNION
        SELECT o.classid, o.objid, 0 FROM object o WHERE o.objsubid > 0
        UNION
        SELECT 'pg_class'::regclass, s.pgt_relid, 0 FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = id
        UNION
        SELECT 'pg_collation'::regclass, a.attcollation, 0
        FROM object o JOIN pg_attribute a ON a.attrelid = o.objid AND a.attnum = o.objsubid AND a.attcollation <> 0
        WHERE o.classid = 'pg_class'::regclass AND o.objsubid > 0
    )
    INSERT INTO pgtrickle.pgt_watched (pgt_id, classid, objid, objsubid, identity, detail, stamp, columns_stamp, known)
    SELECT id, w.classid, w.objid, w.objsubid, format('%s.%I', c.relnamespace::regnamespace, c.relname), NULL::text,
           c.relfilenode::text,
           (SELECT string_agg(concat(a.attnum, ':', a.xmin), ',' ORDER BY a.attnum)
            FROM watched u JOIN pg_attribute a ON a.attrelid = u.objid AND a.attnum = u.objsubid AND NOT a.attisdropped
            WHERE u.classid = w.classid AND u.objid = w.objid),
           ARRAY(SELECT u.objsubid::bigint FROM watched u
                 WHERE u.classid = w.classid AND u.objid = w.objid AND u.objsubid > 0)
    FROM watched w JOIN pg_class c ON c.oid = w.objid WHERE w.classid = 'pg_class'::regclass AND w.objsubid = 0
    UNION ALL
    SELECT id, w.classid, w.objid, w.objsubid, a.attname, format_type(a.atttypid, a.atttypmod), NULL, NULL, NULL
    FROM watched w JOIN pg_attribute a ON a.attrelid = w.objid AND a.attnum = w.objsubid
    WHERE w.classid = 'pg_class'::regclass AND w.objsubid > 0
    UNION ALL
    SELECT id, w.classid, w.objid, w.objsubid, p.oid::regprocedure::text, NULL, NULL, NULL, NULL
    FROM watched w JOIN pg_proc p ON p.oid = w.objid WHERE w.classid = 'pg_proc'::regclass
    UNION ALL
    SELECT id, w.classid, w.objid, w.objsubid, o.oid::regoperator::text, NULL, NULL, NULL, NULL
    FROM watched w JOIN pg_operator o ON o.oid = w.objid WHERE w.classid = 'pg_operator'::regclass
    UNION ALL
    SELECT id, w.classid, w.objid, w.objsubid, format_type(t.oid, NULL), NULL, NULL, NULL,
           ARRAY(SELECT e.oid::bigint FROM pg_enum e WHERE e.enumtypid = t.oid)
    FROM watched w JOIN pg_type t ON t.oid = w.objid WHERE w.classid = 'pg_type'::regclass
    UNION ALL
    SELECT id, w.classid, w.objid, w.objsubid, l.collname, NULL, NULL, NULL, NULL
    FROM watched w JOIN pg_collation l ON l.oid = w.objid WHERE w.classid = 'pg_collation'::regclass;
    UPDATE pgtrickle.pgt_stream_tables SET function_hashes = pgtrickle.watched_state(id) WHERE pgt_id = id;
END
$$;

-- What became of the named parts of a stream table, for people: one line each.
CREATE FUNCTION pgtrickle.watched_changes(id bigint) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT CASE WHEN c.oid IS NULL THEN format('relation %s was dropped', w.identity)
                ELSE format('relation %s is %s now', w.identity, c.oid::regclass) END
    FROM pgtrickle.pgt_watched w LEFT JOIN pg_class c ON c.oid = w.objid
    WHERE w.pgt_id = id AND w.classid = 'pg_class'::regclass AND w.objsubid = 0
      AND CASE WHEN c.oid IS NULL THEN true
              ELSE format('%s.%I', c.relnamespace::regnamespace, c.relname) <> w.identity END
    UNION ALL
    SELECT pgtrickle.column_change(w.objid, w.objsubid, w.identity, w.detail)
    FROM pgtrickle.pgt_watched w
    WHERE w.pgt_id = id AND w.classid = 'pg_class'::regclass AND w.objsubid > 0
      AND pgtrickle.column_change(w.objid, w.objsubid, w.identity, w.detail) IS NOT NULL
    UNION ALL
    SELECT CASE WHEN p.oid IS NULL THEN format('function %s was dropped', w.identity)
                ELSE format('function %s is %s now', w.identity, p.oid::regprocedure) END
    FROM pgtrickle.pgt_watched w LEFT JOIN pg_proc p ON p.oid = w.objid
    WHERE w.pgt_id = id AND w.classid = 'pg_proc'::regclass AND p.oid::regprocedure::text IS DISTINCT FROM w.identity
    UNION ALL
    SELECT CASE WHEN t.oid IS NULL THEN format('type %s was dropped', w.identity)
                ELSE format('type %s is %s now', w.identity, format_type(t.oid, NULL)) END
    FROM pgtrickle.pgt_watched w LEFT JOIN pg_type t ON t.oid = w.objid
    WHERE w.pgt_id = id AND w.classid = 'pg_type'::regclass
      AND (t.oid IS NULL OR format_type(t.oid, NULL) <> w.identity)
    UNION ALL
    SELECT format('operator %s was dropped', w.identity)
    FROM pgtrickle.pgt_watched w
    WHERE w.pgt_id = id AND w.classid = 'pg_operator'::regclass
      AND NOT EXISTS (SELECT FROM pg_operator o WHERE o.oid = w.objid);
END
$$;

-- What became of a column that had this name and type; NULL for nothing, and when its whole table is gone.
CREATE FUNCTION pgtrickle.column_change(relation oid, number int, name text, type text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN a.attisdropped THEN format('column %I of %s was dropped', name, a.attrelid::regclass)
        WHEN a.attname <> name THEN format('column %I of %s is %I now', name, a.attrelid::regclass, a.attname)
        WHEN format_type(a.atttypid, a.atttypmod) <> type
            THEN format('column %I of %s is of type %s now, was %s', name, a.attrelid::regclass,
                format_type(a.atttypid, a.atttypmod), type) END
    FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = number
$$;

-- The triggers that capture a source, as they are now. PostgreSQL writes a trigger's row anew for whatever is done to it:
-- one that was disabled and enabled again, while rows were written, is another. The names are compared as text, so that
-- PostgreSQL looks the triggers up by their table, in one go.
CREATE FUNCTION pgtrickle.trigger_state(suffix text, source oid, family text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT md5(string_agg(concat_ws(' ', g.tgrelid, g.oid, g.xmin, g.tgenabled), ',' ORDER BY g.tgrelid, g.oid))
        FROM unnest(CASE WHEN family IS NULL THEN ARRAY[source]
            ELSE string_to_array(split_part(family, ' ', 2), ',')::oid[] END) m(oid)
        JOIN pg_trigger g ON g.tgrelid = m.oid AND g.tgname::text IN ('pg_trickle_cdc_ins_' || suffix,
            'pg_trickle_cdc_upd_' || suffix, 'pg_trickle_cdc_del_' || suffix, 'pg_trickle_cdc_move_' || suffix,
            'pg_trickle_cdc_keep_' || suffix,
            'pg_trickle_cdc_row_' || suffix, 'pg_trickle_cdc_trunc_' || suffix));
END
$$;

-- Whether a table is captured as it was arranged: all tables that hold its rows have the triggers they got then.
CREATE FUNCTION pgtrickle.capture_intact(suffix text, source oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tracked pgtrickle.captured_sources;
BEGIN
    SELECT * INTO tracked FROM pgtrickle.captured_sources t WHERE t.buffer_name = suffix;
    IF tracked.buffer_name IS NULL THEN
        RETURN false;
    ELSIF tracked.family = 'snapshot' THEN
        RETURN true;
    ELSIF NOT starts_with(suffix, 'only_')
            AND (EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = source)
                OR EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = source)) THEN
        IF pgtrickle.family(source) IS DISTINCT FROM tracked.family THEN
            RETURN false;
        END IF;
    ELSIF tracked.family IS NOT NULL THEN
        RETURN false;
    END IF;
    RETURN tracked.triggers IS NOT DISTINCT FROM pgtrickle.trigger_state(suffix, source, tracked.family);
END
$$;

-- Tells whether watched_state() and capture_intact() must be asked again: while it is the same, so are they. It stands for
-- the versions of the rows of PostgreSQL's catalogs that those two read. A version is known by the transaction that wrote
-- it and by its place, since one transaction can write many. Planning for the arrays at hand would take far longer.
CREATE FUNCTION pgtrickle.watched_stamp(id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off AS $$
DECLARE
    relations oid[];
    others oid[];
    members oid[];
    ofRelations numeric;
    ofOthers numeric;
BEGIN
    SELECT array_agg(w.objid) FILTER (WHERE w.classid = 'pg_class'::regclass),
           array_agg(w.objid) FILTER (WHERE w.classid <> 'pg_class'::regclass)
    INTO relations, others
    FROM pgtrickle.pgt_watched w WHERE w.pgt_id = id AND w.objsubid = 0;
    SELECT relations || coalesce(string_to_array(string_agg(split_part(t.family, ' ', 2), ','), ',')::oid[], '{}') INTO members
    FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.captured_sources t ON t.buffer_name = d.buffer_name
    WHERE d.pgt_id = id AND t.family <> 'snapshot';
    SELECT sum(hash_record_extended(v, 0)) INTO ofRelations FROM (
        SELECT ROW(1, c.xmin, c.ctid, n.xmin, n.ctid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = ANY (relations)
        UNION ALL SELECT ROW(2, a.xmin, a.ctid) FROM pg_attribute a WHERE a.attrelid = ANY (relations) AND a.attnum > 0
        UNION ALL SELECT ROW(3, i.xmin, i.ctid) FROM pg_index i WHERE i.indrelid = ANY (relations)
        UNION ALL SELECT ROW(4, r.xmin, r.ctid) FROM pg_rewrite r WHERE r.ev_class = ANY (relations)
        UNION ALL SELECT ROW(5, p.xmin, p.ctid) FROM pg_policy p WHERE p.polrelid = ANY (relations)
        UNION ALL SELECT ROW(6, d.xmin, d.ctid) FROM pg_attrdef d WHERE d.adrelid = ANY (relations)
        UNION ALL SELECT ROW(7, h.xmin, h.ctid) FROM pg_inherits h WHERE h.inhparent = ANY (members)
        UNION ALL SELECT ROW(8, h.xmin, h.ctid) FROM pg_inherits h WHERE h.inhrelid = ANY (members)
        UNION ALL SELECT ROW(9, t.xmin, t.ctid) FROM pg_trigger t WHERE t.tgrelid = ANY (members)
        UNION ALL SELECT ROW(10, t.xmin, t.ctid)
            FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.captured_sources t ON t.buffer_name = d.buffer_name
            WHERE d.pgt_id = id
        UNION ALL SELECT ROW(11, y.xmin, y.ctid) FROM pgtrickle.pgt_canary y) AS s(v);
    IF others IS NOT NULL THEN
        SELECT sum(hash_record_extended(v, 0)) INTO ofOthers FROM (
            SELECT ROW(12, p.xmin, p.ctid, n.xmin, n.ctid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.oid = ANY (others)
            UNION ALL SELECT ROW(13, a.xmin, a.ctid) FROM pg_aggregate a WHERE a.aggfnoid = ANY (others)
            UNION ALL SELECT ROW(14, o.xmin, o.ctid, n.xmin, n.ctid)
            FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = ANY (others)
            UNION ALL SELECT ROW(15, t.xmin, t.ctid, n.xmin, n.ctid)
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY (others)
            UNION ALL SELECT ROW(16, e.xmin, e.ctid) FROM pg_enum e WHERE e.enumtypid = ANY (others)
            UNION ALL SELECT ROW(17, k.xmin, k.ctid) FROM pg_constraint k WHERE k.contypid = ANY (others)
            UNION ALL SELECT ROW(18, a.xmin, a.ctid) FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
            WHERE t.oid = ANY (others) AND t.typrelid <> 0 AND a.attnum > 0
            UNION ALL SELECT ROW(19, l.xmin, l.ctid) FROM pg_collation l WHERE l.oid = ANY (others)) AS s(v);
    END IF;
    -- Another version of the libraries that sort comes with another start.
    RETURN concat_ws(' ', ofRelations, ofOthers, pg_postmaster_start_time());
END
$$;

-- The stream tables that a service should look at, whatever its schedules say: something that they are made of has
-- changed. Of those in ERROR: since the error. One that is suspended is not looked at.
CREATE FUNCTION pgtrickle.changed_stream_tables() RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT s.pgt_id FROM pgtrickle.pgt_stream_tables s
    WHERE s.status <> 'SUSPENDED' AND (
        CASE WHEN s.status = 'ERROR' THEN replace(s.function_hashes, 'error:', '') ELSE s.function_hashes END
            IS DISTINCT FROM pgtrickle.watched_state(s.pgt_id)
        OR s.status <> 'ERROR' AND EXISTS (
            SELECT FROM pgtrickle.pgt_dependencies d
            WHERE d.pgt_id = s.pgt_id AND d.buffer_name IS NOT NULL AND d.source_type <> 'STREAM_TABLE'
              AND NOT pgtrickle.capture_intact(d.buffer_name, d.source_relid)));
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._watch(bigint, jsonb, jsonb) FROM PUBLIC;
