package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What keeps scheduled refreshes of a stream table from applying anything, as the snapshot of a
/// refresh has it. Immutable.
///
/// @param reason a closed gate, or watermarks that are apart or stuck
/// @param ceiling pending rows above which the fuse counts
/// @param last whether one more refresh above the ceiling blows the fuse
/// @param frontier the snapshot of what is applied
record Holdback(
        Optional<String> reason, Optional<Long> ceiling, boolean last, Optional<String> frontier) {
    /// Columns about the row `s` of `pgt_stream_tables`. Where there are no gates and groups, and
    /// no fuse, that is two looks at empty tables.
    static final String STATE =
            "CASE WHEN EXISTS (SELECT FROM pgtrickle.pgt_source_gates g WHERE g.gated)"
                    + " OR EXISTS (SELECT FROM pgtrickle.pgt_watermark_groups)"
                    + " OR s.scc_id IS NOT NULL AND EXISTS (SELECT FROM pgtrickle._cycle_held(s.scc_id))"
                    + " THEN (SELECT h.reason FROM pgtrickle._held(s.pgt_id) h) END,"
                    + " CASE WHEN s.fuse_mode <> 'off' AND s.refresh_mode = 'DIFFERENTIAL' THEN"
                    + " pgtrickle._fuse_ceiling(s.pgt_id, s.fuse_mode, s.fuse_ceiling) + coalesce(s.fuse_allowance, 0) END,"
                    + " s.fuse_strikes + 1 >= coalesce(s.fuse_sensitivity, 1), s.frontier ->> 'snapshot'";

    /// How many columns it is.
    static final int COLUMNS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Holdback.class);

    /// @param first the number of the first of the columns
    static Holdback read(Row row, int first) throws SQLException {
        return new Holdback(
                row.optionalString(first),
                row.optionalLong(first + 1),
                row.getBoolean(first + 2),
                row.optionalString(first + 3));
    }

    /// Whether so many pending rows are above the ceiling.
    boolean exceeded(long pending) {
        return ceiling.isPresent() && pending > ceiling.get();
    }

    /// Lets a scheduled refresh with so many pending rows pass.
    ///
    /// @throws Held when something keeps it from being done
    void require(StreamTableRow row, long pending) {
        if (reason.isPresent()) {
            throw new Held(row, reason.get(), Optional.empty());
        }
        if (last && exceeded(pending)) {
            throw new Held(
                    row, pending + " pending rows", frontier.map(it -> new Flood(pending, it)));
        }
    }

    /// What blows a fuse.
    ///
    /// @param rows how many rows are pending
    /// @param frontier beyond which snapshot
    private record Flood(long rows, String frontier) {}

    /// Ends, and undoes, a scheduled refresh that is held back.
    static final class Held extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient StreamTableRow row;
        private final String reason;
        private final transient Optional<Flood> flood;

        private Held(StreamTableRow row, String reason, Optional<Flood> flood) {
            super("a refresh of " + row.table() + " is held back", null, false, false);
            this.row = row;
            this.reason = reason;
            this.flood = flood;
        }

        /// What the refresh did: nothing.
        RefreshOutcome outcome() {
            return new RefreshOutcome(Action.SKIP, 0, 0, 0, 0, Duration.ZERO, Optional.of(reason));
        }

        /// Writes it down, in a transaction of its own, once for as long as it lasts. A fuse blows
        /// by this.
        void record(Session session) throws SQLException {
            session.inTransaction(
                            Session.Isolation.READ_COMMITTED,
                            it -> flood.isPresent() ? blow(it, flood.get()) : note(it))
                    .ifPresent(flood.isPresent() ? LOG::warn : LOG::info);
        }

        private Optional<String> note(Session session) throws SQLException {
            return noted(session, "SELECT pgtrickle._note_held(?)", row.id())
                    .map(it -> row.table() + " is held back: " + it);
        }

        private Optional<String> blow(Session session, Flood found) throws SQLException {
            return noted(
                            session,
                            "SELECT pgtrickle._blow_fuse(?, ?, ?)",
                            row.id(),
                            found.rows(),
                            found.frontier())
                    .map(it ->
                            "The fuse of "
                                    + row.table()
                                    + " has blown, it is suspended: "
                                    + it
                                    + ". See pgtrickle.reset_fuse().");
        }

        private static Optional<String> noted(Session session, String sql, Object... parameters)
                throws SQLException {
            return session.first(sql, it -> it.optionalString(1), parameters).flatMap(it -> it);
        }
    }
}
