package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Holdback.Held;
import io.pgtrickle.runtime.refresh.RefreshState.Part;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    private static final String PLAN_FOR_WHOLE_TABLES = "SET LOCAL random_page_cost TO DEFAULT";

    private static final Logger LOG = LoggerFactory.getLogger(RefreshTransaction.class);

    /// Takes the mark of a refresh away; always true.
    static final String ENDED = "set_config('pg_trickle.refreshing', '', true) IS NOT NULL";

    /// Stores up to where a stream table is.
    private static final String ARRIVED =
            """
            UPDATE pgtrickle.pgt_stream_tables SET
                frontier = ?::jsonb, effective_refresh_mode = ?, last_full_reason = ?,
                data_timestamp = now(), last_refresh_at = clock_timestamp(), is_populated = true,
                needs_reinit = false, status = 'ACTIVE', consecutive_errors = 0,
                last_error_message = NULL, last_error_at = NULL,
                fuse_strikes = CASE WHEN ? THEN fuse_strikes + 1 ELSE 0 END, fuse_allowance = NULL,
                fuse_state = 'armed', blown_at = NULL, blow_reason = NULL\
            """;

    private final Session session;

    /// The session with the rights of the stream table's owner, for whatever he has written.
    private final Session owner;

    private final Compiled compiled;
    private final StreamTableRow row;
    private final Definition definition;
    private final RefreshStatements statements;
    private final SourceStamp stamp;
    private final String initiator;
    private final boolean scheduled;
    private final Consumer<Action> tried;

    /// Statements that are needed before those that the query decides.
    private final List<String> querySettings;

    private final Part part;
    private final long startedAt = System.nanoTime();
    private Optional<String> held = Optional.empty();

    /// The refresh of the stream table that the course is at.
    RefreshTransaction(Session session, Course course, Part part) {
        this.session = session;
        this.compiled = course.compiled();
        this.row = compiled.row();
        this.owner = session.as(row.owner());
        this.definition = compiled.definition();
        this.statements = compiled.statements();
        this.stamp = compiled.stamp();
        this.initiator = course.initiator();
        this.scheduled = initiator.equals(Failures.SCHEDULER);
        this.tried = course.failures()::tried;
        this.querySettings = course.isMixed() ? course.querySettings() : List.of();
        this.part =
                part == Part.ALONE && session.ownership() == Session.Ownership.CALLER
                        ? Part.TOGETHER
                        : part;
    }

    /// The statement that marks the transaction as a refresh of the stream table stored in a
    /// relation.
    public static String begin(long relation) {
        return "SELECT set_config('pg_trickle.refreshing', pgtrickle._token("
                + relation
                + "::oid), true)";
    }

    /// Rows that a statement changed, and the snapshot it had.
    record Applied(long inserted, long updated, long deleted, long broken, String snapshot) {
        long rows() {
            return inserted + updated + deleted;
        }
    }

    /// Runs the refresh; the caller commits. Empty, and nothing done, when the sources are not
    /// those that the definition was made for: partitions or children came or went, something that
    /// it calls was replaced.
    ///
    /// @throws Held when it was scheduled and is held back
    Optional<RefreshOutcome> run(boolean recompute) throws SQLException {
        Optional<RefreshState> locked = look();
        if (locked.isEmpty()) {
            return Optional.of(outcome(Action.SKIP));
        }
        return mayGoOn(locked.get()) ? Optional.of(run(locked.get(), recompute)) : Optional.empty();
    }

    /// Looks at the stream table, locks it, and marks the transaction as its refresh; empty when
    /// somebody else refreshes it.
    Optional<RefreshState> look() throws SQLException {
        return RefreshState.lock(session, compiled, part);
    }

    /// Whether the sources are those that the definition was made for.
    ///
    /// @throws Held when it was scheduled and is held back
    boolean mayGoOn(RefreshState state) throws SQLException {
        if (scheduled && (definition.full() || !state.isQuiet())) {
            state.holdback().require(row, state.populated() ? state.pendingRows() : 0);
        }
        held = state.holdback().reason();
        return state.recorded()
                && stamp.isUnchanged(session, row, definition.consumed(), state.stamp());
    }

    private RefreshOutcome run(RefreshState state, boolean recompute) throws SQLException {
        Trees.lock(session, row.owner(), definition);
        if (!state.populated()) {
            return recomputed(Action.FULL, state, Optional.empty());
        }
        if (state.reinitialize() || (state.foreign() && !definition.full())) {
            return recomputed(
                    Action.REINITIALIZE, state, Optional.of("what is stored had to be made anew"));
        }
        if (definition.full()) {
            return recomputed(Action.FULL, state, Optional.empty());
        }
        if (recompute || state.truncated()) {
            return recomputed(
                    Action.FULL,
                    state,
                    Optional.of(recompute ? "that was asked for" : "a source was truncated"));
        }
        tried.accept(Action.DIFFERENTIAL);
        if (!state.isPending()) {
            return noData();
        }
        RefreshLimits limits = RefreshLimits.read(session, state.limits());
        Optional<String> exceeded = limits.whyFull(state).or(() -> tooManyJoins(state));
        if (exceeded.isPresent()) {
            return recomputed(Action.FULL, state, exceeded);
        }
        Optional<String> dearer = whyDearer(state, limits);
        return dearer.isPresent()
                ? recomputed(Action.FULL, state, dearer, state.pendingRows())
                : differential(state, limits);
    }

    private Optional<String> tooManyJoins(RefreshState state) {
        long joins = definition.query().plan().map(it -> it.scans().count() - 1).orElse(0L);
        return state.joins()
                .filter(it -> joins > it)
                .map(it -> joins + " joins are more than max_differential_joins, " + it);
    }

    private Optional<String> whyDearer(RefreshState state, RefreshLimits limits)
            throws SQLException {
        long rows = state.pendingRows();
        // Recomputing hidden tables without a snapshot of one's own keeps writers from the sources
        // until the caller's transaction ends: no time saved is worth that.
        boolean chooses =
                limits.strategy() == RefreshLimits.Strategy.AUTO
                        && (session.keepsSnapshot() || definition.query().states().isEmpty());
        return chooses && state.costs().asksForSources(rows)
                ? state.costs().whyFull(rows, sourceRows(), limits.margin(), limits.changeRatio())
                : Optional.empty();
    }

    private double sourceRows() throws SQLException {
        return session.first(
                        "SELECT source_rows::bigint FROM pgtrickle.source_rows WHERE pgt_id = ?",
                        it -> it.optionalLong(1),
                        row.id())
                .flatMap(it -> it)
                .orElse(0L);
    }

    private RefreshOutcome recomputed(Action action, RefreshState state, Optional<String> reason)
            throws SQLException {
        return recomputed(action, state, reason, 0);
    }

    /// @param instead rows of the changes that could have been applied; 0 when they could not
    private RefreshOutcome recomputed(
            Action action, RefreshState state, Optional<String> reason, long instead)
            throws SQLException {
        tried.accept(action);
        if (action == Action.REINITIALIZE) {
            owner.execute(definition.query().storage().restoreRowIds(row.table()));
        }
        long start = System.nanoTime();
        Applied applied =
                state.populated() || state.output().isPresent() ? full(state) : populate();
        Costs costs = state.costs().recomputed(millisSince(start), sourceRows(), instead);
        return finish(action, applied, state, costs, reason);
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private RefreshOutcome differential(RefreshState state, RefreshLimits limits)
            throws SQLException {
        String sql = statements.differential(state.pending(), state.output());
        long start = System.nanoTime();
        Applied applied = applied(sql, limits);
        double millis = millisSince(start);
        if (limits.amplified(state.pendingRows(), applied.rows())) {
            LOG.warn(
                    "{} changed rows of the sources of {} changed {} of its rows",
                    state.pendingRows(),
                    row.table(),
                    applied.rows());
        }
        Costs costs = state.costs().applied(state.pendingRows(), millis);
        return finish(Action.DIFFERENTIAL, applied, state, costs, Optional.empty());
    }

    /// Applies what is pending, and writes down nothing.
    Applied applied(RefreshState state, RefreshLimits limits) throws SQLException {
        return applied(statements.differential(state.pending(), state.output()), limits);
    }

    private Applied applied(String sql, RefreshLimits limits) throws SQLException {
        setQuerySettings();
        if (limits.log()) {
            LOG.info("Refreshing {}: {}", row.table(), sql);
        }
        Applied applied = apply(sql);
        if (applied.broken() != 0) {
            throw Failures.broken(row, applied.broken());
        }
        return applied;
    }

    /// Whether what is pending takes derivations away.
    ///
    /// @param members the OIDs of the stream tables of a cycle
    boolean loses(RefreshState state, Set<Long> members) throws SQLException {
        setQuerySettings();
        return owner.prepared(statements.loses(state.pending(), members), it -> it.getBoolean(1));
    }

    /// Removes all rows.
    void clear(RefreshState state) throws SQLException {
        owner.execute(definition.query().clear(row.table(), state.output()));
    }

    /// What holds scheduled refreshes back.
    Optional<String> held() {
        return held;
    }

    private Applied populate() throws SQLException {
        session.execute(PLAN_FOR_WHOLE_TABLES);
        Applied applied = filled(statements.populate());
        owner.execute("ANALYZE " + row.table());
        // A service has waited for this, or has not met it yet.
        session.query("SELECT pg_notify('pgtrickle_wake', 'catalog')::text", it -> it.getString(1));
        return applied;
    }

    /// Recomputes the rows and applies the difference.
    Applied full(RefreshState state) throws SQLException {
        session.execute(PLAN_FOR_WHOLE_TABLES);
        return filled(statements.full(state.output()));
    }

    /// Hidden tables and rows are filled by several statements.
    private Applied filled(String sql) throws SQLException {
        setQuerySettings();
        if (definition.query().states().isEmpty()) {
            return apply(sql);
        }
        SourceLocks locks = SourceLocks.take(session, row.owner(), definition);
        HiddenState.fill(owner, row.id(), definition.query());
        Applied applied = apply(sql);
        locks.requireQuiet();
        return applied;
    }

    private void setQuerySettings() throws SQLException {
        if (!querySettings.isEmpty()) {
            session.executeAll(querySettings);
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

    private static String frontier(RefreshState state, String snapshot) {
        return new Frontier(state.own().unseen(snapshot), state.systemIdentifier(), state.own())
                .json();
    }

    private RefreshOutcome finish(
            Action action,
            Applied applied,
            RefreshState state,
            Costs costs,
            Optional<String> whyFull)
            throws SQLException {
        requireSame();
        session.update(
                "WITH s AS ("
                        + ARRIVED
                        + """
                                , last_full_ms = coalesce(?, last_full_ms), refresh_costs = ?::jsonb,
                                auto_threshold = ?
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
                whyFull.orElse(null),
                scheduled && state.holdback().exceeded(state.pendingRows()),
                action == Action.DIFFERENTIAL ? null : millisSince(startedAt),
                costs.json(),
                costs.threshold().orElse(null),
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

    /// Fails when a source has become another while it was read.
    void requireSame() throws SQLException {
        Trees.requireSame(session, definition);
        Trees.requireSameFiles(session, row.owner(), definition);
    }

    /// Stores up to where the stream table is, and nothing in the history.
    void advance(Action action, Applied applied, RefreshState state, Optional<String> whyFull)
            throws SQLException {
        session.update(
                ARRIVED + " WHERE pgt_id = ?",
                frontier(state, applied.snapshot()),
                action == Action.DIFFERENTIAL ? "DIFFERENTIAL" : "FULL",
                whyFull.orElse(null),
                scheduled && state.holdback().exceeded(state.pendingRows()),
                row.id());
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
