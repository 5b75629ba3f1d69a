-- Stream tables that follow their sources within the writing transaction. What a statement has captured is applied when it
-- ends: the triggers that capture have put it into the change buffers before.
--
-- Statements can contain others: triggers, functions, cascades of foreign keys, WITH. All that the outermost one has
-- captured is applied together, since applying the change of one table while another has already changed, and is not yet
-- captured, would count what the two have in common twice.

CREATE TABLE pgtrickle.pgt_immediate (
    pgt_id bigint PRIMARY KEY REFERENCES pgtrickle.pgt_stream_tables ON DELETE CASCADE,
    -- Greater than those of the stream tables it reads.
    level int NOT NULL,
    populated boolean NOT NULL,
    -- Whether all writers of its sources come one after the other; else those that touch the same rows of it.
    takes_turns boolean NOT NULL DEFAULT true
);
GRANT SELECT ON pgtrickle.pgt_immediate TO PUBLIC;

-- Written by whoever arranges triggers and functions for several stream tables: one after the other, and not by a
-- transaction whose snapshot does not show what the one before has arranged.
CREATE TABLE pgtrickle_changes.arrangement (number bigint NOT NULL);
INSERT INTO pgtrickle_changes.arrangement VALUES (0);

-- The statements of running transactions. Rows are only added: a row that is written again with each statement would make
-- long transactions slower and slower, since nobody may remove its old versions before they end. The newest row of a
-- transaction is the valid one, and a savepoint that is rolled back takes its rows with it. A setting would be cheaper, but
-- users can set any.
-- depth: how many statements are open. since: what was captured up to this number is applied. readers: the stream tables
-- that may have to follow. number: of the outermost statement within its transaction.
CREATE UNLOGGED TABLE pgtrickle_changes.statements (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    change_id bigint NOT NULL DEFAULT nextval('pgtrickle_changes.change_ids'),
    depth int NOT NULL,
    since bigint NOT NULL,
    readers bigint[] NOT NULL,
    number bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX ON pgtrickle_changes.statements (xid, change_id);

-- Lets the writers of a stream table's sources come one after the other: each sees what those before it have done. A
-- transaction with a snapshot of its own that does not show them must be run again. Their numbers are kept in sequences
-- and not in rows: an old snapshot would keep all versions of a row that each transaction writes.
CREATE FUNCTION pgtrickle_changes.take_turns(readers bigint[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    fixed boolean := current_setting('transaction_isolation') <> 'read committed';
    own bigint := pg_current_xact_id()::text::bigint;
    latest bigint;
    turn oid;
BEGIN
    FOR turn IN SELECT to_regclass('pgtrickle_changes.turn_' || i.pgt_id)::oid FROM (
            SELECT m.pgt_id FROM pgtrickle.pgt_immediate m WHERE m.pgt_id = ANY (readers) AND m.takes_turns ORDER BY m.pgt_id FOR UPDATE) i
    LOOP
        IF turn IS NOT NULL THEN
            latest := pg_sequence_last_value(turn);
            IF latest IS DISTINCT FROM own THEN
                IF fixed AND NOT pg_visible_in_snapshot(latest::text::xid8, pg_current_snapshot()) THEN
                    RAISE EXCEPTION 'could not serialize access due to concurrent maintenance of a stream table'
                        USING ERRCODE = '40001', HINT = 'The transaction might succeed if retried.';
                END IF;
                PERFORM setval(turn::regclass, own);
            END IF;
        END IF;
    END LOOP;
    IF fixed THEN
        -- What is said about them may be older than their last recomputation.
        PERFORM FROM pgtrickle.pgt_immediate m WHERE m.pgt_id = ANY (readers) AND NOT m.takes_turns
        ORDER BY m.pgt_id FOR SHARE;
    END IF;
    IF fixed AND EXISTS (
            SELECT FROM unnest(readers) r WHERE to_regprocedure('pgtrickle_changes.flush_' || r || '(bigint)') IS NOT NULL
              AND NOT EXISTS (SELECT FROM pgtrickle.pgt_immediate i WHERE i.pgt_id = r)) THEN
        RAISE EXCEPTION 'could not serialize access due to a concurrent change of stream tables'
            USING ERRCODE = '40001', HINT = 'The transaction might succeed if retried.';
    END IF;
    RETURN true;
END
$$;

-- The parts of stream tables whose writers need not all come one after the other. Of each row it is known before it is
-- touched in which part it is. Whoever adds rows, or has computed some from the source, writes the part's row, so that a
-- transaction with a snapshot of its own that does not show what those are made of must be run again; it notices changed and
-- deleted rows by themselves, but what was computed anew can be what it was.
CREATE TABLE pgtrickle_changes.slots (
    pgt_id bigint NOT NULL REFERENCES pgtrickle.pgt_immediate ON DELETE CASCADE,
    slot bigint NOT NULL,
    xid xid8,
    PRIMARY KEY (pgt_id, slot)
) WITH (fillfactor = 50);

-- Locks parts of a stream table, all for NULL, in ascending order.
CREATE FUNCTION pgtrickle_changes.lock_slots(id bigint, parts bigint[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    part bigint;
BEGIN
    IF parts IS NULL THEN
        PERFORM FROM pgtrickle_changes.slots s WHERE s.pgt_id = id ORDER BY s.slot FOR UPDATE;
    ELSE
        FOREACH part IN ARRAY parts LOOP
            PERFORM FROM pgtrickle_changes.slots s WHERE s.pgt_id = id AND s.slot = part FOR UPDATE;
        END LOOP;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION pgtrickle_changes.mark_slots(id bigint, parts bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pgtrickle_changes.slots s SET xid = pg_current_xact_id()
    WHERE s.pgt_id = id AND (parts IS NULL OR s.slot = ANY (parts)) AND s.xid IS DISTINCT FROM pg_current_xact_id();
END
$$;

-- What a session knows of its statements besides, as the values that it has given to sequences: nobody else can, and the
-- sequences themselves are read by nobody. It says more than the rows at a fraction of their cost, but nothing takes it back.
-- outermost: twice the number that was taken when the last outermost statement began, plus 1 when it is a late one of its
-- transaction. While nothing was captured since, and no other statement has begun, that is the last number that was taken.
-- closed: up to this number all outermost statements of the transaction are at their end if their row says that they are
-- open: what they have changed was applied at once.
-- permit: the stream table, and the transaction, for which the setting of a refresh may be 'at once'; 0 for none.
CREATE UNLOGGED SEQUENCE pgtrickle_changes.outermost;
CREATE UNLOGGED SEQUENCE pgtrickle_changes.closed MINVALUE 0;
CREATE UNLOGGED SEQUENCE pgtrickle_changes.permit MINVALUE -9223372036854775808 START 0;
REVOKE ALL ON SEQUENCE pgtrickle_changes.outermost, pgtrickle_changes.closed, pgtrickle_changes.permit FROM PUBLIC;

-- The newest row of the transaction, one of NULLs when there is none. This is planned once a session: the table may have
-- been empty then.
CREATE FUNCTION pgtrickle_changes.newest_statement() RETURNS pgtrickle_changes.statements
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    newest pgtrickle_changes.statements;
BEGIN
    SELECT s.* INTO newest FROM pgtrickle_changes.statements s
    WHERE s.xid = pg_current_xact_id() ORDER BY s.change_id DESC LIMIT 1;
    RETURN newest;
END
$$;

-- A statement on a source begins. turns: whether writers of any of its readers come one after the other.
CREATE FUNCTION pgtrickle_changes.statement_begins(readers bigint[], turns boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    latest pgtrickle_changes.statements;
    own bigint;
    number bigint;
    done boolean;
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        latest := pgtrickle_changes.newest_statement();
    END IF;
    IF (turns OR current_setting('transaction_isolation') <> 'read committed')
        AND (latest.number IS NULL OR NOT readers <@ latest.readers)
    THEN
        done := pgtrickle_changes.take_turns(readers);
    END IF;
    own := nextval('pgtrickle_changes.change_ids');
    IF latest.number IS NULL THEN
        number := 1 + setval('pgtrickle_changes.closed', 0);
    ELSIF latest.depth = 0 OR latest.change_id <= currval('pgtrickle_changes.closed') THEN
        number := latest.number + 1;
    ELSE
        INSERT INTO pgtrickle_changes.statements (change_id, depth, since, readers, number)
        VALUES (own, latest.depth + 1, latest.since,
            latest.readers || ARRAY(SELECT r FROM unnest(readers) r WHERE r <> ALL (latest.readers)), latest.number);
        RETURN true;
    END IF;
    INSERT INTO pgtrickle_changes.statements (change_id, depth, since, readers, number)
    VALUES (own, 1, own, readers, number);
    own := setval('pgtrickle_changes.outermost', own * 2 + (number > 32)::int);
    RETURN true;
END
$$;

-- Whether the statement with this number cleans up after itself and the others. The numbers of one session after the other
-- can all be odd.
CREATE FUNCTION pgtrickle_changes.is_one_of_many(change bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashint8(change) & 255 = 0;

-- A statement on a source ends, all its changes are captured. The outermost one applies them. What stream tables that are
-- read by others write in doing so, and what triggers of users on stream tables do, follows in further rounds.
CREATE FUNCTION pgtrickle_changes.statement_ends() RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    last bigint := currval('pgtrickle_changes.change_ids');
    latest pgtrickle_changes.statements;
    before bigint;
    mark bigint;
    marks bigint[];
    rounds int := 0;
    still boolean;
    done boolean;
BEGIN
    IF last = currval('pgtrickle_changes.closed') THEN
        -- What it has changed was applied at once, and that was all.
        IF pgtrickle_changes.is_one_of_many(last) THEN
            latest := pgtrickle_changes.newest_statement();
            PERFORM pgtrickle_changes.forget_finished(latest.readers);
        END IF;
        RETURN true;
    END IF;
    latest := pgtrickle_changes.newest_statement();
    IF latest.depth = 0 THEN
        -- Another one has begun and ended after what it has changed was applied at once.
        latest.since := latest.change_id;
    END IF;
    IF latest.depth > 1 THEN
        INSERT INTO pgtrickle_changes.statements (depth, since, readers, number)
        VALUES (latest.depth - 1, latest.since, latest.readers, latest.number);
        RETURN true;
    END IF;
    LOOP
        before := latest.change_id;
        still := true;
        FOR i IN 1 .. cardinality(latest.readers) LOOP
            mark := nextval('pgtrickle_changes.change_ids');
            done := pgtrickle_changes.flush(latest.readers[i], coalesce(marks[i], latest.since), latest.number);
            marks[i] := mark;
            still := still AND currval('pgtrickle_changes.change_ids') = mark;
        END LOOP;
        -- This session has taken no number since: nothing more is captured, no statement has begun.
        EXIT WHEN still;
        latest := pgtrickle_changes.newest_statement();
        EXIT WHEN latest.change_id = before;
        rounds := rounds + 1;
        IF rounds > 100 THEN
            RAISE EXCEPTION 'stream tables do not come to rest' USING ERRCODE = '54001',
                DETAIL = 'A trigger on a stream table changes what it reads, again and again.',
                HINT = 'Drop that trigger.';
        END IF;
    END LOOP;
    INSERT INTO pgtrickle_changes.statements (depth, since, readers, number)
    VALUES (0, latest.since, latest.readers, latest.number);
    IF pgtrickle_changes.is_one_of_many(mark) THEN
        PERFORM pgtrickle_changes.forget_finished(latest.readers);
    END IF;
    RETURN true;
END
$$;

-- Calls the function of a stream table that applies what the transaction has captured since a change. It is made anew with
-- each stream table of this kind: what is called by its name is planned once, and not with each statement. A stream table
-- that was dropped, or cannot be maintained, has no function.
CREATE FUNCTION pgtrickle_changes.dispatch(id bigint, since bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN false;
END
$$;

CREATE FUNCTION pgtrickle_changes.dispatch_unknown(id bigint, since bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    done boolean := false;
BEGIN
    IF to_regprocedure('pgtrickle_changes.flush_' || id || '(bigint)') IS NOT NULL THEN
        EXECUTE format('SELECT pgtrickle_changes.flush_%s(%s)', id, since) INTO done;
    END IF;
    RETURN done;
END
$$;

CREATE FUNCTION pgtrickle._make_dispatch() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pgtrickle_changes.arrangement SET number = number + 1;
    EXECUTE format('CREATE OR REPLACE FUNCTION pgtrickle_changes.dispatch(id bigint, since bigint) RETURNS boolean'
        ' LANGUAGE plpgsql AS %L', concat('BEGIN ', (
            SELECT string_agg(format('IF $1 = %1$s THEN RETURN pgtrickle_changes.flush_%1$s($2); END IF; ', i.pgt_id), ''
                ORDER BY i.level, i.pgt_id)
            FROM pgtrickle.pgt_immediate i
            WHERE to_regprocedure('pgtrickle_changes.flush_' || i.pgt_id || '(bigint)') IS NOT NULL),
        'RETURN pgtrickle_changes.dispatch_unknown($1, $2); END'));
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._make_dispatch() FROM PUBLIC;

-- The same, with errors that name the stream table. They are caught for that in the first statements of a transaction only:
-- each one that is makes a subtransaction, and many of them in one transaction slow down all sessions.
CREATE FUNCTION pgtrickle_changes.flush(id bigint, since bigint, number bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    done boolean;
    message text;
    detail text;
    hint text;
    state text;
BEGIN
    IF number > 32 THEN
        RETURN pgtrickle_changes.dispatch(id, since);
    END IF;
    BEGIN
        done := pgtrickle_changes.dispatch(id, since);
    EXCEPTION
        WHEN serialization_failure OR deadlock_detected OR lock_not_available OR query_canceled THEN
            RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                state = RETURNED_SQLSTATE;
            IF state = '42883' AND to_regprocedure('pgtrickle_changes.flush_' || id || '(bigint)') IS NULL THEN
                -- Dropped at this moment.
                RETURN false;
            END IF;
            PERFORM pgtrickle_changes.refuse_write(id, message, concat_ws(' ', nullif(detail, ''), nullif(hint, '')), state);
    END;
    RETURN done;
END
$$;

-- The name that a stream table has now.
CREATE FUNCTION pgtrickle_changes.name_of(id bigint) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT format('%I.%I', coalesce(n.nspname, s.pgt_schema), coalesce(c.relname, s.pgt_name))
            FROM pgtrickle.pgt_stream_tables s LEFT JOIN pg_class c ON c.oid = s.pgt_relid
            LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE s.pgt_id = id);
END
$$;

-- Says which stream table cannot follow a statement, and how to get out. Errors about what it is made of are not about the
-- rows that are written.
CREATE FUNCTION pgtrickle_changes.refuse_write(id bigint, message text, why text, state text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name text := pgtrickle_changes.name_of(id);
BEGIN
    RAISE EXCEPTION 'stream table % cannot follow this statement: %', name, message USING ERRCODE = state,
        DETAIL = concat_ws(' ', why, 'It is maintained in the transaction that writes its sources, mode IMMEDIATE.'),
        HINT = CASE WHEN state LIKE '42%' OR state LIKE '3F%' THEN
            format('SELECT pgtrickle.refresh_stream_table(%L) adapts it to changed sources; a service does so by itself.'
                ' Where its query cannot work any more, it is not maintained from then on.', name)
            ELSE format('Change what is written, or let it follow later: SELECT pgtrickle.alter_stream_table(%L,'
                ' refresh_mode => ''DIFFERENTIAL'').', name) END;
END
$$;

CREATE FUNCTION pgtrickle_changes.refuse_broken(id bigint, broken bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name text := pgtrickle_changes.name_of(id);
BEGIN
    RAISE EXCEPTION 'stored rows of % do not match its changes', name USING ERRCODE = 'XX001',
        DETAIL = format('%s rows that the changes remove are not stored; the table was changed by something else.', broken),
        HINT = format('SELECT pgtrickle.refresh_stream_table(%L) recomputes it.', name);
END
$$;

CREATE FUNCTION pgtrickle_changes.refuse_changed_functions(id bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the functions that maintain it are not what pg_trickle has made' USING ERRCODE = '42501',
        DETAIL = 'Its table or the functions of its owner were given to another role, or replaced.',
        HINT = 'Drop it, or make it anew with pgtrickle.alter_stream_table().';
END
$$;

-- Deletes what finished transactions have left, a bounded number of rows: their statements, and their changes in buffers
-- that only stream tables of this kind read. A service does so as well, and needs to know what was written. What another
-- transaction has deleted meanwhile is an error for one with a snapshot of its own.
CREATE FUNCTION pgtrickle_changes.forget_finished(readers bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    buffer text;
BEGIN
    FOR buffer IN
        VALUES ('statements')
        UNION ALL
        SELECT 'wake' WHERE NOT pgtrickle.scheduler_running()
        UNION ALL
        SELECT DISTINCT 'changes_' || d.buffer_name FROM pgtrickle.pgt_dependencies d
        WHERE d.pgt_id = ANY (readers) AND d.buffer_name IS NOT NULL AND NOT EXISTS (
            SELECT FROM pgtrickle.pgt_dependencies o JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = o.pgt_id
            WHERE o.buffer_name = d.buffer_name AND s.refresh_mode <> 'IMMEDIATE')
    LOOP
        EXECUTE format('DELETE FROM pgtrickle_changes.%I WHERE ctid = ANY (ARRAY(SELECT b.ctid FROM pgtrickle_changes.%I b'
            ' WHERE b.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY b.xid LIMIT 5000 FOR UPDATE SKIP LOCKED))',
            buffer, buffer);
    END LOOP;
EXCEPTION WHEN serialization_failure THEN
    NULL;
END
$$;

-- Drops the functions that maintain one stream table, whosoever they are: writers leave it alone from then on.
CREATE FUNCTION pgtrickle._drop_immediate(id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found regprocedure;
BEGIN
    FOR found IN SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname = 'flush_' || id
           OR p.pronamespace IN ('pgtrickle_changes'::regnamespace, 'pgtrickle_owned'::regnamespace)
              AND p.proname ~ ('^(apply|recompute|slots)_' || id || '(_|$)')
    LOOP
        EXECUTE format('DROP FUNCTION %s', found);
    END LOOP;
    IF found IS NOT NULL THEN
        PERFORM pgtrickle._make_dispatch();
    END IF;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._drop_immediate(bigint) FROM PUBLIC;

DO $$
DECLARE
    inner_function text;
BEGIN
    FOR inner_function IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname IN ('take_turns', 'lock_slots', 'mark_slots', 'newest_statement', 'is_one_of_many', 'statement_begins',
            'statement_ends', 'flush', 'dispatch', 'dispatch_unknown', 'name_of', 'refuse_write', 'refuse_broken', 'refuse_changed_functions', 'forget_finished')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', inner_function);
    END LOOP;
END
$$;
