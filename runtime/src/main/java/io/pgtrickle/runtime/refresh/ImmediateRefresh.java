package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Recomputes a stream table that follows within the writing transaction, while nobody writes its
/// sources: its first filling, and what makes it right again when something other than rows of the
/// sources has changed. In one READ COMMITTED transaction; one thread; used once.
final class ImmediateRefresh {
    private final Session session;
    private final Session owner;
    private final Compiled compiled;
    private final StreamTableRow row;
    private final String initiator;
    private final Consumer<Action> tried;
    private final long startedAt = System.nanoTime();

    ImmediateRefresh(Session session, Compiled compiled, String initiator, Consumer<Action> tried) {
        this.session = session;
        this.compiled = compiled;
        this.row = compiled.row();
        this.owner = session.as(row.owner());
        this.initiator = initiator;
        this.tried = tried;
    }

    private record State(
            boolean populated,
            boolean reinitialize,
            boolean recorded,
            String stamp,
            Optional<List<String>> captured,
            String definition) {}

    /// Runs it; the caller commits. Empty, and nothing done, when the sources are not those that
    /// the definition was made for.
    Optional<RefreshOutcome> run() throws SQLException {
        requireReadCommitted();
        session.execute("SET LOCAL lock_timeout = '10s'");
        List<Relation> sources = compiled.definition().consumed();
        Immediate.lockWriters(session, row.owner(), sources.stream().map(Relation::relid).toList());
        State state = state();
        if (!state.definition().equals(row.definition() + " " + row.table())) {
            // Another engine has altered it since it was compiled here.
            throw new SQLException(
                    "the definition of " + row.table() + " changed meanwhile", "40001");
        }
        if (!state.recorded()
                || !compiled.stamp().isUnchanged(session, row, sources, state.stamp())) {
            return Optional.empty();
        }
        Action action =
                state.populated() && state.reinitialize() ? Action.REINITIALIZE : Action.FULL;
        tried.accept(action);
        session.one(RefreshTransaction.begin(row.relation()), it -> it.getString(1));
        if (state.populated() && state.reinitialize()) {
            owner.execute(compiled.definition().query().storage().restoreRowIds(row.table()));
        }
        HiddenState.fill(owner, row.id(), compiled.definition().query());
        Applied applied = state.populated() ? full(state) : populate();
        finish(action, applied, state.captured());
        return Optional.of(
                new RefreshOutcome(
                        action,
                        applied.inserted(),
                        applied.updated(),
                        applied.deleted(),
                        0,
                        Duration.ofNanos(System.nanoTime() - startedAt)));
    }

    private record Applied(long inserted, long updated, long deleted) {}

    /// The snapshot of another isolation level may not show what was written before the lock.
    private void requireReadCommitted() {
        if (session.ownership() == Session.Ownership.CALLER && session.keepsSnapshot()) {
            throw PgTrickleException.of(
                            "25001", row.table() + " cannot be recomputed in this transaction")
                    .detail(
                            "A stream table of mode IMMEDIATE is recomputed from what is committed now, and the isolation"
                                    + " level of this transaction shows what was committed when it began.")
                    .hint("Use a transaction of READ COMMITTED.")
                    .build();
        }
    }

    private State state() throws SQLException {
        return session.first(
                        "SELECT s.is_populated, s.needs_reinit, "
                                + SourceWatch.recorded(row)
                                + ", "
                                + SourceStamp.PRESENT
                                + ", s.captured_columns, "
                                + StreamTableRow.DEFINITION
                                + " || ' ' || coalesce("
                                + "(SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n"
                                + " ON n.oid = c.relnamespace WHERE c.oid = s.pgt_relid), '') FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ? FOR UPDATE OF s",
                        it ->
                                new State(
                                        it.getBoolean(1),
                                        it.getBoolean(2),
                                        it.getBoolean(3),
                                        it.getString(4),
                                        it.optionalStrings(5),
                                        it.getString(6)),
                        row.id())
                .orElseThrow(
                        () -> new SQLException(row.table() + " was dropped meanwhile", "40001"));
    }

    private Applied populate() throws SQLException {
        Applied applied = apply(compiled.statements().populate());
        // PostgreSQL would plan for an empty table, as long as writers' sessions last.
        if (applied.inserted() > 0) {
            owner.execute("ANALYZE " + row.table());
        }
        return applied;
    }

    private Applied full(State state) throws SQLException {
        return apply(
                compiled.statements()
                        .full(state.captured().map(it -> Immediate.outputBuffer(row, it))));
    }

    private Applied apply(String sql) throws SQLException {
        return owner.one(sql, it -> new Applied(it.getLong(1), it.getLong(2), it.getLong(3)));
    }

    private void finish(Action action, Applied applied, Optional<List<String>> captured)
            throws SQLException {
        session.update(
                """
                WITH s AS (
                    UPDATE pgtrickle.pgt_stream_tables SET
                        data_timestamp = now(), last_refresh_at = clock_timestamp(), is_populated = true,
                        needs_reinit = false, status = 'ACTIVE', consecutive_errors = 0, last_error_message = NULL,
                        last_error_at = NULL, effective_refresh_mode = 'IMMEDIATE', frontier = NULL, last_full_ms = ?
                    WHERE pgt_id = ? RETURNING pgt_id),
                i AS (UPDATE pgtrickle.pgt_immediate SET populated = true WHERE pgt_id = ? AND NOT populated)
                INSERT INTO pgtrickle.pgt_refresh_history
                    (pgt_id, data_timestamp, start_time, end_time, action, rows_inserted, rows_updated, rows_deleted,
                     delta_row_count, was_full_fallback, status, initiated_by)
                SELECT pgt_id, now(), now(), clock_timestamp(), ?, ?, ?, ?, 0, false, 'COMPLETED', ? FROM s WHERE
                """
                        + RefreshTransaction.ENDED
                        + RefreshTransaction.told(
                                row,
                                initiator,
                                captured.map(it -> Immediate.outputBuffer(row, it))),
                (System.nanoTime() - startedAt) / 1e6,
                row.id(),
                row.id(),
                action.name(),
                applied.inserted(),
                applied.updated(),
                applied.deleted(),
                initiator);
    }
}
