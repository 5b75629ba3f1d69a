package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Fixpoint.Diverged;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes down how one refresh of a stream table fails.
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    /// The initiator of what a service does by itself.
    static final String SCHEDULER = "SCHEDULER";

    /// Errors and classes of errors that come and go: connections, transactions, resources,
    /// operators.
    private static final List<String> TRANSIENT = List.of("08", "25P03", "40", "53", "57", "58");

    /// A refresh that runs into `statement_timeout`: so does the next one.
    private static final String CANCELED = "57014";

    /// Whether one more error is as many as there may be.
    private static final String LIMIT_REACHED =
            "consecutive_errors + 1 >= pgtrickle.setting_or_default('max_consecutive_errors')::int";

    private final Session session;
    private final long id;
    private final String initiator;
    private final long startedAt = System.nanoTime();
    private Optional<Action> tried = Optional.empty();

    Failures(Session session, long id, String initiator) {
        this.session = session;
        this.id = id;
        this.initiator = initiator;
    }

    /// The failure of a refresh whose changes are not those of the stored rows.
    static PgTrickleException broken(StreamTableRow row, long rows) {
        return PgTrickleException.of(
                        RefreshEngine.BROKEN,
                        "stored rows of " + row.table() + " do not match its changes")
                .detail(
                        rows
                                + " rows that the changes remove are not stored; the table was changed by something else.")
                .hint("The next refresh recomputes the stream table.")
                .build();
    }

    /// Notes what is about to be done.
    void tried(Action action) {
        tried = Optional.of(action);
    }

    /// Notes an error after which the refresh is tried again, by a scheduler not for ever. Errors
    /// that come and go are seen, as one, and do not bring suspension nearer however many they are.
    void record(PgTrickleException error) {
        boolean counts = countsTowardsSuspension(error);
        try {
            // First, so that whoever sees the status finds the reason.
            writeHistory(error);
            Optional<Suspension> suspended =
                    session.first(
                                    """
                                    UPDATE pgtrickle.pgt_stream_tables SET consecutive_errors = CASE WHEN ? THEN consecutive_errors + 1
                                            ELSE greatest(consecutive_errors, 1) END,
                                        last_error_message = ?, last_error_at = now(),
                                        needs_reinit = needs_reinit OR ? OR ? AND %1$s,
                                        status = CASE WHEN ? AND %1$s THEN 'SUSPENDED' ELSE status END
                                    WHERE pgt_id = ?
                                    RETURNING status = 'SUSPENDED', pgt_schema, pgt_name, consecutive_errors,
                                        pooler_compatibility_mode
                                    """
                                            .formatted(LIMIT_REACHED),
                                    Failures::suspension,
                                    counts,
                                    error.getMessage(),
                                    needsRecompute(error),
                                    error.sqlState().equals(CANCELED),
                                    initiator.equals(SCHEDULER) && counts,
                                    id)
                            .flatMap(it -> it);
            if (suspended.isPresent()) {
                announce(suspended.get(), error);
            }
            if (needsRecompute(error)) {
                Alert.reinitializeNeeded(session, id, String.valueOf(error.getMessage()));
            }
        } catch (SQLException suppressed) {
            error.addSuppressed(suppressed);
        }
    }

    /// A stream table that is SUSPENDED after so many errors.
    private record Suspension(QualifiedName table, long errors, boolean silent) {}

    private static Optional<Suspension> suspension(Row row) throws SQLException {
        return row.getBoolean(1)
                ? Optional.of(
                        new Suspension(
                                new QualifiedName(row.getString(2), row.getString(3)),
                                row.getLong(4),
                                row.getBoolean(5)))
                : Optional.empty();
    }

    private void announce(Suspension suspension, PgTrickleException error) throws SQLException {
        LOG.warn(
                "{} is suspended, since its refreshes keep failing: {} Resume it when the cause is gone.",
                suspension.table().quoted(),
                error.getMessage());
        if (!suspension.silent()) {
            ObjectNode details = JsonNodeFactory.instance.objectNode();
            details.put("consecutive_errors", suspension.errors());
            details.put("error", error.getMessage());
            Alert.send(session, List.of(new Alert("auto_suspended", suspension.table(), details)));
        }
    }

    /// Whether an error says something about the stream table, and not only about the moment or the
    /// rights.
    private static boolean countsTowardsSuspension(PgTrickleException error) {
        String state = error.sqlState();
        return state.equals(CANCELED)
                || (!state.equals("42501")
                        && !state.equals("55P03")
                        && !state.equals("55006")
                        && TRANSIENT.stream().noneMatch(state::startsWith));
    }

    /// Notes an error that only a change of the query or of its sources ends: status ERROR. What is
    /// captured for nobody else is captured no more.
    void giveUp(PgTrickleException error) {
        LOG.warn("{}", error.report());
        try {
            session.inTransaction(
                    Session.Isolation.READ_COMMITTED,
                    it -> {
                        it.query(
                                "SELECT pgtrickle._give_up(?, ?)::text",
                                row -> row.getString(1),
                                id,
                                text(error));
                        writeHistory(error);
                        return true;
                    });
            Alert.reinitializeNeeded(session, id, String.valueOf(error.getMessage()));
            Upkeep.tidy(session);
        } catch (SQLException suppressed) {
            error.addSuppressed(suppressed);
        }
    }

    /// Notes that a cycle does not come to rest: status ERROR for its members, until they are
    /// resumed or altered. What is captured is kept.
    static void diverged(Course course, Diverged diverged) {
        PgTrickleException error = diverged.error();
        LOG.warn("{}", error.report());
        Session session = course.session();
        try {
            session.inTransaction(
                    Session.Isolation.READ_COMMITTED,
                    it -> {
                        for (long id : diverged.members()) {
                            it.update(
                                    "UPDATE pgtrickle.pgt_stream_tables SET status = 'ERROR', consecutive_errors = consecutive_errors + 1,"
                                            + " last_error_message = ?, last_error_at = now() WHERE pgt_id = ?",
                                    text(error),
                                    id);
                            course.failuresOf(id).writeHistory(error);
                        }
                        return true;
                    });
        } catch (SQLException suppressed) {
            error.addSuppressed(suppressed);
        }
    }

    private static String text(PgTrickleException error) {
        return error.getMessage()
                + error.detail().map(it -> "\nDETAIL: " + it).orElse("")
                + error.hint().map(it -> "\nHINT: " + it).orElse("");
    }

    /// Whether applying the same changes again would fail again while the query itself may work: a
    /// pending row that has been corrected since still raises its error.
    private static boolean needsRecompute(PgTrickleException error) {
        return error.sqlState().equals(RefreshEngine.BROKEN)
                || Errors.isDataError(error.sqlState());
    }

    private void writeHistory(PgTrickleException error) throws SQLException {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - startedAt);
        session.update(
                """
                INSERT INTO pgtrickle.pgt_refresh_history
                    (pgt_id, data_timestamp, start_time, end_time, action, status, initiated_by, error_message,
                     error_sqlstate)
                SELECT s.pgt_id, now(), now() - make_interval(secs => ?), now(),
                       coalesce(?, CASE s.refresh_mode WHEN 'FULL' THEN 'FULL' ELSE 'DIFFERENTIAL' END),
                       'FAILED', ?, ?, ?
                FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ?
                """,
                elapsed.toNanos() / 1e9,
                tried.map(Action::name).orElse(null),
                initiator,
                error.getMessage(),
                error.sqlState(),
                id);
    }
}
