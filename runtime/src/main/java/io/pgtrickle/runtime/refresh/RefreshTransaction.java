package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.ChangeWindow;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.PendingChanges.Bound;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.capture.Actors;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.OwnChanges;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Holdback.Held;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One refresh of one stream table, in a REPEATABLE READ transaction.
///
/// Its first statement fixes the snapshot, locks the catalog row and counts what is pending; the
/// second applies it; the third stores the same snapshot as the new frontier. So rows and frontier
/// always belong together, over all sources at once, whatever transactions are open meanwhile.
///
/// One thread; used once.
public final class RefreshTransaction {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// What a change joins with is found through indexes and was mostly read before. With
    /// PostgreSQL's default, for disks that turn, reading a whole table looks cheaper than a few
    /// thousand rows of it: measured on TPC-H, up to seven times the time.
    private static final String RANDOM_PAGE_COST = "1.5";

    /// Names mean what they mean to PostgreSQL, texts of values do not depend on the session, and a
    /// role that a row policy would filter gets an error. The rounds of a recursion are expected to
    /// be as large as its beginning: most follow a change.
    static final List<String> SETTINGS =
            List.of(
                    "SET LOCAL search_path = pg_catalog, pg_temp",
                    "SET LOCAL row_security = off",
                    "SET LOCAL jit = off",
                    "SET LOCAL extra_float_digits = 1",
                    "SET LOCAL IntervalStyle = postgres",
                    "SET LOCAL bytea_output = hex",
                    "SET LOCAL DateStyle = 'ISO, MDY'",
                    "SET LOCAL recursive_worktable_factor = 1");

    /// Part of the first statement, since a statement of its own would cost a tenth of a refresh.
    private static final String PLAN_FOR_FEW_ROWS =
            "set_config('random_page_cost', least(current_setting('random_page_cost')::float8, "
                    + RANDOM_PAGE_COST
                    + ")::text, true)";

    private static final String PLAN_FOR_WHOLE_TABLES = "SET LOCAL random_page_cost TO DEFAULT";

    /// The first column of the state that is about a source.
    private static final int FIRST_SOURCE = 18 + Holdback.COLUMNS;

    private static final Logger LOG = LoggerFactory.getLogger(RefreshTransaction.class);

    /// Takes the mark of a refresh away; always true.
    static final String ENDED = "set_config('pg_trickle.refreshing', '', true) IS NOT NULL";

    private final Session session;

    /// The session with the rights of the stream table's owner, for whatever he has written.
    private final Session owner;

    private final StreamTableRow row;
    private final Definition definition;
    private final RefreshStatements statements;
    private final SourceStamp stamp;
    private final String initiator;
    private final boolean scheduled;
    private final Consumer<Action> tried;
    private final boolean alone;
    private final long startedAt = System.nanoTime();
    private Optional<String> held = Optional.empty();

    /// @param tried is told what is about to be done
    /// @param alone whether nothing else is done in the transaction: else some of the changes can
    ///   be its own, which no snapshot shows as committed
    RefreshTransaction(
            Session session,
            Compiled compiled,
            String initiator,
            Consumer<Action> tried,
            boolean alone) {
        this.session = session;
        this.row = compiled.row();
        this.owner = session.as(row.owner());
        this.definition = compiled.definition();
        this.statements = compiled.statements();
        this.stamp = compiled.stamp();
        this.initiator = initiator;
        this.scheduled = initiator.equals(Failures.SCHEDULER);
        this.tried = tried;
        this.alone = alone && session.ownership() == Session.Ownership.OWN;
    }

    /// The statement that marks the transaction as a refresh of the stream table stored in a
    /// relation.
    public static String begin(long relation) {
        return "SELECT set_config('pg_trickle.refreshing', pgtrickle._token("
                + relation
                + "::oid), true)";
    }

    /// What the first statement says.
    private record State(
            boolean populated,
            boolean reinitialize,
            boolean foreign,
            String systemIdentifier,
            OwnChanges own,
            Optional<OutputBuffer> output,
            List<PendingChanges> pending,
            long pendingRows,
            long largestSource,
            boolean truncated,
            boolean recorded,
            String stamp,
            boolean limited,
            Holdback holdback) {
        boolean isQuiet() {
            return populated && !reinitialize && pending.stream().allMatch(PendingChanges::isQuiet);
        }
    }

    /// Rows that a statement changed, and the snapshot it had.
    private record Applied(
            long inserted, long updated, long deleted, long broken, String snapshot) {}

    /// Runs the refresh; the caller commits. Empty, and nothing done, when the sources are not
    /// those that the definition was made for: partitions or children came or went, something that
    /// it calls was replaced.
    ///
    /// @throws Held when it was scheduled and is held back
    Optional<RefreshOutcome> run(boolean recompute) throws SQLException {
        Optional<State> locked = state();
        if (locked.isEmpty()) {
            return Optional.of(outcome(Action.SKIP));
        }
        State state = locked.get();
        if (scheduled && (definition.full() || !state.isQuiet())) {
            state.holdback().require(row, state.populated() ? state.pendingRows() : 0);
        }
        boolean adapted =
                state.recorded()
                        && stamp.isUnchanged(session, row, definition.consumed(), state.stamp());
        return adapted ? Optional.of(run(state, recompute)) : Optional.empty();
    }

    private RefreshOutcome run(State state, boolean recompute) throws SQLException {
        held = state.holdback().reason();
        Trees.lock(session, row.owner(), definition);
        if (!state.populated()) {
            tried.accept(Action.FULL);
            return finish(
                    Action.FULL, state.output().isPresent() ? full(state) : populate(), state);
        }
        if (state.reinitialize() || (state.foreign() && !definition.full())) {
            tried.accept(Action.REINITIALIZE);
            owner.execute(definition.query().storage().restoreRowIds(row.table()));
            return finish(Action.REINITIALIZE, full(state), state);
        }
        if (definition.full() || state.truncated() || recompute) {
            tried.accept(Action.FULL);
            return finish(Action.FULL, full(state), state);
        }
        tried.accept(Action.DIFFERENTIAL);
        if (state.pending().stream().allMatch(PendingChanges::isQuiet)) {
            return noData();
        }
        RefreshLimits limits =
                state.limited() ? RefreshLimits.read(session) : RefreshLimits.DEFAULT;
        if (limits.exceeded(state.pendingRows(), state.largestSource())) {
            tried.accept(Action.FULL);
            return finish(Action.FULL, full(state), state);
        }
        return differential(state, limits);
    }

    private RefreshOutcome differential(State state, RefreshLimits limits) throws SQLException {
        String sql = statements.differential(state.pending(), state.output());
        if (limits.log()) {
            LOG.info("Refreshing {}: {}", row.table(), sql);
        }
        Applied applied = apply(sql);
        if (applied.broken() != 0) {
            throw Failures.broken(row, applied.broken());
        }
        long rows = applied.inserted() + applied.updated() + applied.deleted();
        if (limits.amplified(state.pendingRows(), rows)) {
            LOG.warn(
                    "{} changed rows of the sources of {} changed {} of its rows",
                    state.pendingRows(),
                    row.table(),
                    rows);
        }
        return finish(Action.DIFFERENTIAL, applied, state);
    }

    private Optional<State> state() throws SQLException {
        List<Relation> sources = definition.consumed();
        StringBuilder sql =
                new StringBuilder(
                        """
                        SELECT s.is_populated, s.needs_reinit, s.frontier ->> 'snapshot', s.frontier ->> 'system_identifier',
                               (SELECT system_identifier FROM pg_control_system())::text,
                               s.captured_columns, s.definition_fingerprint || ' ' || s.refresh_mode, s.frontier ->> 'own_xid',
                               s.frontier ->> 'own_changes',
                               coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
                                         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = s.pgt_relid),
                                        format('%I.%I', s.pgt_schema, s.pgt_name)), \
                        """);
        sql.append(StreamTableRow.OWNER)
                .append(", ")
                .append(Registration.hidden(row.owner(), sources));
        sql.append(", set_config('pg_trickle.refreshing', pgtrickle._token(s.pgt_relid), true), ");
        sql.append(alone ? "NULL, " : "pg_current_xact_id()::text, ");
        sql.append(SourceWatch.recorded(row)).append(", ").append(SourceStamp.PRESENT);
        sql.append(", ").append(RefreshLimits.ANY_SET).append(", ").append(Holdback.STATE);
        for (Relation source : sources) {
            CaptureSql capture = CaptureSql.of(source);
            sql.append(
                            ", (SELECT jsonb_build_array(count(*), coalesce(sum(b.row_count), 0),"
                                    + " coalesce(bool_or(b.truncated), false), ")
                    .append(alone ? "NULL" : OwnChanges.highest(capture))
                    .append(") FROM ")
                    .append(capture.buffer())
                    .append(" AS b WHERE ")
                    .append(new ChangeWindow.Unapplied(Frontier.OF_ROW).condition("b"))
                    .append(" AND ")
                    .append(OwnChanges.notApplied(capture))
                    .append(")::text");
        }
        sql.append(", ").append(PLAN_FOR_FEW_ROWS);
        sql.append(" FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ? FOR UPDATE OF s");
        if (!ofCaller()) {
            // A caller waits: what it has written is not in the refresh that is running.
            sql.append(" SKIP LOCKED");
        }
        return session.first(sql.toString(), result -> read(result, sources), row.id());
    }

    private State read(Row result, List<Relation> sources) throws SQLException {
        if (!result.getString(7).equals(row.fingerprint() + " " + row.mode())
                || !result.getString(10).equals(row.table())
                || !result.optionalLong(11).equals(row.owner().role())) {
            throw new SQLException(
                    "the definition of " + row.table() + " changed meanwhile", "40001");
        }
        String system = result.getString(5);
        Optional<OwnChanges> applied =
                OwnChanges.stored(result.optionalString(8), result.optionalString(9));
        Optional<String> hidden = result.optionalString(12);
        if (hidden.isPresent()) {
            throw Registration.hiddenSource(hidden.get());
        }
        Optional<String> xid = result.optionalString(14);
        OwnChanges own = new OwnChanges(xid.orElse(""), new TreeMap<>());
        List<PendingChanges> pending = new ArrayList<>();
        boolean truncated = false;
        long rows = 0;
        long largest = 0;
        for (int i = 0; i < sources.size(); i++) {
            JsonNode counts = json(result.getString(FIRST_SOURCE + i));
            CaptureSql capture = CaptureSql.of(sources.get(i));
            long batches = counts.get(0).asLong();
            truncated |= counts.get(2).asBoolean();
            rows += counts.get(1).asLong();
            largest = Math.max(largest, counts.get(1).asLong());
            if (!counts.get(3).isNull()) {
                own.highest().put(capture.suffix(), counts.get(3).asLong());
            }
            if (batches > 0 || !session.keepsSnapshot()) {
                PendingChanges changes =
                        PendingChanges.rounded(
                                sources.get(i).oid(),
                                capture,
                                batches,
                                counts.get(1).asLong(),
                                applied.flatMap(it -> it.of(capture)),
                                session.keepsSnapshot() ? Bound.CERTAIN : Bound.EXPECTED);
                pending.add(ofOther() ? changes.openly() : changes);
            }
        }
        return new State(
                result.getBoolean(1),
                result.getBoolean(2),
                result.optionalString(3).isEmpty() || !result.getString(4).equals(system),
                system,
                own,
                result.optionalStrings(6).map(it -> Immediate.outputBuffer(row, it)),
                pending,
                rows,
                largest,
                truncated,
                result.getBoolean(15),
                result.getString(16),
                result.getBoolean(17),
                Holdback.read(result, 18));
    }

    private static JsonNode json(String text) throws SQLException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable counts", "XX000", e);
        }
    }

    private boolean ofOther() {
        return !row.owner().equals(Rights.OWN);
    }

    private boolean ofCaller() {
        return session.ownership() == Session.Ownership.CALLER;
    }

    private Applied populate() throws SQLException {
        session.execute(PLAN_FOR_WHOLE_TABLES);
        Applied applied = filled(statements.populate());
        owner.execute("ANALYZE " + row.table());
        return applied;
    }

    private Applied full(State state) throws SQLException {
        session.execute(PLAN_FOR_WHOLE_TABLES);
        return filled(statements.full(state.output()));
    }

    /// Hidden tables and rows are filled by several statements. Where each has a snapshot of its
    /// own, the sources are kept as they are until the caller ends the transaction; the snapshots
    /// of compared ones are by the lock of the comparison. Where the sources cannot be locked, for
    /// want of rights, nothing may have been captured meanwhile.
    private Applied filled(String sql) throws SQLException {
        if (definition.query().states().isEmpty()) {
            return apply(sql);
        }
        Optional<String> before = session.keepsSnapshot() ? Optional.empty() : lockSources();
        HiddenState.fill(owner, row.id(), definition.query());
        Applied applied = apply(sql);
        if (before.isPresent()) {
            requireQuiet(before.get());
        }
        return applied;
    }

    /// @return the snapshot from which on nothing may change, where not all sources could be locked
    private Optional<String> lockSources() throws SQLException {
        session.execute("SET LOCAL lock_timeout = '10s'");
        boolean all = true;
        for (Relation source : definition.consumed()) {
            if (!source.compared()) {
                Optional<Session> locker = new Actors(session, row.owner()).locker(source.relid());
                all &= locker.isPresent();
                if (locker.isPresent()) {
                    locker.get()
                            .execute("LOCK TABLE " + SnapshotSql.live(source) + " IN SHARE MODE");
                }
            }
        }
        return all
                ? Optional.empty()
                : Optional.of(
                        session.one("SELECT pg_current_snapshot()::text", it -> it.getString(1)));
    }

    private void requireQuiet(String snapshot) throws SQLException {
        for (Relation source : definition.consumed()) {
            boolean written =
                    session.first(
                                    "SELECT EXISTS (SELECT FROM "
                                            + CaptureSql.of(source).buffer()
                                            + " AS b WHERE NOT pg_visible_in_snapshot(b.xid, CAST(? AS pg_snapshot))"
                                            + " AND b.xid <> pg_current_xact_id())",
                                    it -> it.getBoolean(1),
                                    snapshot)
                            .orElse(true);
            if (written) {
                throw new SQLException(
                        source.displayName() + " was changed while it was read", "40001");
            }
        }
    }

    private Applied apply(String sql) throws SQLException {
        return owner.prepared(
                sql,
                it -> {
                    if (it.getBoolean(6)) {
                        throw new SQLException(
                                "more changes of the sources of "
                                        + row.table()
                                        + " were committed meanwhile",
                                "40001");
                    }
                    return new Applied(
                            it.getLong(1),
                            it.getLong(2),
                            it.getLong(3),
                            it.getLong(4),
                            it.getString(5));
                });
    }

    private RefreshOutcome noData() throws SQLException {
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = clock_timestamp(), consecutive_errors = 0,"
                        + " status = 'ACTIVE' WHERE pgt_id = ? AND "
                        + ENDED,
                row.id());
        return outcome(Action.NO_DATA);
    }

    private static String frontier(State state, String snapshot) {
        return new Frontier(state.own().unseen(snapshot), state.systemIdentifier(), state.own())
                .json();
    }

    private RefreshOutcome finish(Action action, Applied applied, State state) throws SQLException {
        Trees.requireSame(session, definition);
        Trees.requireSameFiles(session, row.owner(), definition);
        session.update(
                """
                WITH s AS (
                    UPDATE pgtrickle.pgt_stream_tables SET
                        frontier = ?::jsonb,
                        data_timestamp = now(), last_refresh_at = clock_timestamp(), is_populated = true,
                        needs_reinit = false, status = 'ACTIVE', consecutive_errors = 0,
                        last_error_message = NULL, last_error_at = NULL, effective_refresh_mode = ?,
                        fuse_strikes = CASE WHEN ? THEN fuse_strikes + 1 ELSE 0 END, fuse_allowance = NULL,
                        fuse_state = 'armed', blown_at = NULL, blow_reason = NULL,
                        last_full_ms = coalesce(?, last_full_ms)
                    WHERE pgt_id = ? RETURNING pgt_id)
                INSERT INTO pgtrickle.pgt_refresh_history
                    (pgt_id, data_timestamp, start_time, end_time, action, rows_inserted, rows_updated, rows_deleted,
                     delta_row_count, was_full_fallback, status, initiated_by)
                SELECT pgt_id, now(), now(), clock_timestamp(), ?, ?, ?, ?, ?, ?, 'COMPLETED', ? FROM s WHERE \
                """
                        + ENDED
                        + told(row, initiator, state.output()),
                frontier(state, applied.snapshot()),
                action == Action.DIFFERENTIAL ? "DIFFERENTIAL" : "FULL",
                scheduled && state.holdback().exceeded(state.pendingRows()),
                action == Action.DIFFERENTIAL ? null : (System.nanoTime() - startedAt) / 1e6,
                row.id(),
                action.name(),
                applied.inserted(),
                applied.updated(),
                applied.deleted(),
                state.pendingRows(),
                action != Action.DIFFERENTIAL && !definition.full() && state.populated(),
                initiator);
        return outcome(action, applied, state.pendingRows());
    }

    /// A condition that always holds and tells a service that there is news for those who read the
    /// stream table, unless it is that service that refreshes.
    static String told(StreamTableRow row, String initiator, Optional<OutputBuffer> output) {
        return initiator.equals(Failures.SCHEDULER) || output.isEmpty()
                ? ""
                : " AND pgtrickle_changes.wake("
                        + Identifier.literal(CaptureSql.ofStreamTable(row.id()).suffix())
                        + ") IS NOT NULL";
    }

    private RefreshOutcome outcome(Action action) {
        return outcome(action, new Applied(0, 0, 0, 0, ""), 0);
    }

    private RefreshOutcome outcome(Action action, Applied applied, long pending) {
        return new RefreshOutcome(
                action,
                applied.inserted(),
                applied.updated(),
                applied.deleted(),
                pending,
                Duration.ofNanos(System.nanoTime() - startedAt),
                held);
    }
}
