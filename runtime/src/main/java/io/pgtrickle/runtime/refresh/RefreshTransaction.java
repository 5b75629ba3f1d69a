package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.PreparedSql;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One refresh of one stream table, in one REPEATABLE READ transaction.
///
/// Its first statement fixes the snapshot, locks the catalog row and counts what is pending; the
/// second applies it; the third stores the same snapshot as the new frontier. So rows and frontier
/// always belong together, over all sources at once, whatever transactions are open meanwhile.
///
/// One thread; used once.
final class RefreshTransaction {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Names mean what they mean to PostgreSQL, texts of values do not depend on the session, and a
    /// role that a row policy would filter gets an error. The rounds of a recursion are expected to
    /// be as large as its beginning: most follow a change.
    static final String SETTINGS =
            "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL row_security = off; SET LOCAL jit = off;"
                    + " SET LOCAL extra_float_digits = 1; SET LOCAL IntervalStyle = postgres;"
                    + " SET LOCAL bytea_output = hex; SET LOCAL DateStyle = 'ISO, MDY';"
                    + " SET LOCAL recursive_worktable_factor = 1";

    private final Connection connection;
    private final PreparedSql statements;
    private final StreamTableRow row;
    private final Definition definition;
    private final String initiator;
    private final long startedAt = System.nanoTime();

    RefreshTransaction(
            Connection connection,
            PreparedSql statements,
            StreamTableRow row,
            Definition definition,
            String initiator) {
        this.connection = connection;
        this.statements = statements;
        this.row = row;
        this.definition = definition;
        this.initiator = initiator;
    }

    /// What the first statement says.
    private record State(
            boolean populated,
            boolean reinitialize,
            Optional<Frontier> frontier,
            Frontier now,
            Optional<OutputBuffer> output,
            List<PendingChanges> pending,
            long pendingRows,
            boolean truncated,
            boolean adapted) {}

    /// Rows that a statement changed.
    private record Applied(long inserted, long updated, long deleted, long broken) {}

    /// Runs the refresh; the caller commits. Empty, and nothing done, when the sources are not
    /// those that the definition was made for: partitions or children came or went, something that
    /// it calls was replaced.
    Optional<RefreshOutcome> run(boolean recompute) throws SQLException {
        Optional<State> locked = state();
        if (locked.isEmpty()) {
            return Optional.of(outcome(Action.SKIP, new Applied(0, 0, 0, 0), 0));
        }
        return locked.get().adapted()
                ? Optional.of(run(locked.get(), recompute))
                : Optional.empty();
    }

    private RefreshOutcome run(State state, boolean recompute) throws SQLException {
        if (!state.populated()) {
            return finish(
                    Action.FULL, state.output().isPresent() ? full(state) : populate(), state);
        }
        boolean foreign =
                state.frontier().isEmpty()
                        || !state.frontier()
                                .get()
                                .systemIdentifier()
                                .equals(state.now().systemIdentifier());
        if (state.reinitialize() || (foreign && !definition.full())) {
            Sql.execute(connection, definition.query().storage().restoreRowIds(row.table()));
            return finish(Action.REINITIALIZE, full(state), state);
        }
        if (definition.full() || state.truncated() || recompute) {
            return finish(Action.FULL, full(state), state);
        }
        if (state.pending().isEmpty()) {
            return noData();
        }
        Applied applied =
                apply(
                        definition
                                .query()
                                .differentialRefresh(
                                        row.table(),
                                        states(),
                                        frontier(),
                                        state.pending(),
                                        state.output()));
        if (applied.broken() != 0) {
            throw broken(applied.broken());
        }
        return finish(Action.DIFFERENTIAL, applied, state);
    }

    private PgTrickleException broken(long rows) {
        return PgTrickleException.of(
                        RefreshEngine.BROKEN,
                        "stored rows of " + row.table() + " do not match its changes")
                .detail(
                        rows
                                + " rows that the changes remove are not stored; the table was changed by something else.")
                .hint("The next refresh recomputes the stream table.")
                .build();
    }

    private Optional<State> state() throws SQLException {
        List<Relation> sources = definition.consumed();
        StringBuilder sql =
                new StringBuilder(
                        """
                        SELECT s.is_populated, s.needs_reinit, s.frontier ->> 'snapshot', s.frontier ->> 'system_identifier',
                               pg_current_snapshot()::text, (SELECT system_identifier FROM pg_control_system())::text,
                               s.captured_columns, s.definition_fingerprint, \
                        """);
        sql.append(
                definition.watchedHash().isEmpty()
                        ? "true"
                        : "s.function_hashes = " + definition.watched().hashNow());
        for (Relation source : sources) {
            sql.append(
                            ", (SELECT jsonb_build_array(count(*), coalesce(sum(b.row_count), 0),"
                                    + " coalesce(bool_or(b.truncated), false), ")
                    .append(Capture.unchanged(source))
                    .append(") FROM ")
                    .append(CaptureSql.of(source).buffer())
                    .append(" AS b WHERE ")
                    .append(PendingChanges.condition("b", Frontier.OF_ROW))
                    .append(")::text");
        }
        sql.append(
                " FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ? FOR UPDATE OF s SKIP LOCKED");
        return Sql.first(connection, sql.toString(), result -> read(result, sources), row.id());
    }

    private State read(ResultSet result, List<Relation> sources) throws SQLException {
        if (!result.getString(8).equals(row.fingerprint())) {
            throw new SQLException(
                    "the definition of " + row.table() + " changed meanwhile", "40001");
        }
        String snapshot = result.getString(3);
        String system = result.getString(6);
        Optional<Frontier> frontier =
                snapshot == null
                        ? Optional.empty()
                        : Optional.of(new Frontier(snapshot, result.getString(4)));
        List<PendingChanges> pending = new ArrayList<>();
        boolean truncated = false;
        boolean adapted = result.getBoolean(9);
        long rows = 0;
        for (int i = 0; i < sources.size(); i++) {
            JsonNode counts = json(result.getString(10 + i));
            adapted &= counts.get(3).asBoolean();
            truncated |= counts.get(2).asBoolean();
            rows += counts.get(1).asLong();
            if (counts.get(0).asLong() > 0) {
                pending.add(
                        PendingChanges.rounded(
                                sources.get(i).oid(),
                                CaptureSql.of(sources.get(i)),
                                counts.get(0).asLong(),
                                counts.get(1).asLong()));
            }
        }
        return new State(
                result.getBoolean(1),
                result.getBoolean(2),
                frontier,
                new Frontier(result.getString(5), system),
                output(result.getArray(7)),
                pending,
                rows,
                truncated,
                adapted);
    }

    private static JsonNode json(String text) throws SQLException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable counts", "XX000", e);
        }
    }

    private Optional<OutputBuffer> output(@Nullable Array captured) throws SQLException {
        if (captured == null) {
            return Optional.empty();
        }
        CaptureSql sql = CaptureSql.ofStreamTable(row.id());
        return Optional.of(
                new OutputBuffer(
                        sql.buffer(), sql.rowType(), List.of((String[]) captured.getArray())));
    }

    private Applied populate() throws SQLException {
        HiddenState.fill(connection, row.id(), definition.query());
        Sql.execute(connection, definition.query().populate(row.table(), states()));
        Sql.execute(connection, "ANALYZE " + row.table());
        long rows = Sql.one(connection, "SELECT count(*) FROM " + row.table(), it -> it.getLong(1));
        return new Applied(rows, 0, 0, 0);
    }

    private Applied full(State state) throws SQLException {
        HiddenState.fill(connection, row.id(), definition.query());
        return apply(definition.query().fullRefresh(row.table(), states(), state.output()));
    }

    private StateTables states() {
        return new StateTables(row.id());
    }

    /// The frontier as the catalog has it, so that the statement's text stays the same from refresh
    /// to refresh.
    private String frontier() {
        return "(SELECT "
                + Frontier.OF_ROW
                + " FROM pgtrickle.pgt_stream_tables AS s WHERE s.pgt_id = "
                + row.id()
                + ")";
    }

    private Applied apply(String sql) throws SQLException {
        return statements.one(
                connection,
                sql,
                it -> new Applied(it.getLong(1), it.getLong(2), it.getLong(3), it.getLong(4)));
    }

    private RefreshOutcome noData() throws SQLException {
        Sql.update(
                connection,
                "UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = clock_timestamp(), consecutive_errors = 0,"
                        + " status = 'ACTIVE' WHERE pgt_id = ?",
                row.id());
        return outcome(Action.NO_DATA, new Applied(0, 0, 0, 0), 0);
    }

    private RefreshOutcome finish(Action action, Applied applied, State state) throws SQLException {
        Trees.requireSame(connection, definition);
        Sql.update(
                connection,
                """
                WITH s AS (
                    UPDATE pgtrickle.pgt_stream_tables SET
                        frontier = jsonb_build_object('snapshot', ?::text, 'system_identifier', ?::text),
                        data_timestamp = now(), last_refresh_at = clock_timestamp(), is_populated = true,
                        needs_reinit = false, status = 'ACTIVE', consecutive_errors = 0,
                        last_error_message = NULL, last_error_at = NULL, effective_refresh_mode = ?,
                        last_full_ms = coalesce(?, last_full_ms)
                    WHERE pgt_id = ? RETURNING pgt_id)
                INSERT INTO pgtrickle.pgt_refresh_history
                    (pgt_id, data_timestamp, start_time, end_time, action, rows_inserted, rows_updated, rows_deleted,
                     delta_row_count, was_full_fallback, status, initiated_by)
                SELECT pgt_id, now(), now(), clock_timestamp(), ?, ?, ?, ?, ?, ?, 'COMPLETED', ? FROM s
                """,
                state.now().snapshot(),
                state.now().systemIdentifier(),
                action == Action.DIFFERENTIAL ? "DIFFERENTIAL" : "FULL",
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

    private RefreshOutcome outcome(Action action, Applied applied, long pending) {
        return new RefreshOutcome(
                action,
                applied.inserted(),
                applied.updated(),
                applied.deleted(),
                pending,
                Duration.ofNanos(System.nanoTime() - startedAt));
    }
}
