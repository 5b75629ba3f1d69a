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
record Holdback(Optional<String> reason, Optional<Long> ceiling, boolean last) {
    /// Three columns about the row `s` of `pgt_stream_tables`. Where there are no gates and groups,
    /// and no fuse, that is two looks at empty tables.
    static final String STATE =
            "CASE WHEN EXISTS (SELECT FROM pgtrickle.pgt_source_gates g WHERE g.gated)"
                    + " OR EXISTS (SELECT FROM pgtrickle.pgt_watermark_groups)"
                    + " THEN (SELECT h.reason FROM pgtrickle._held(s.pgt_id) h) END,"
                    + " CASE WHEN s.fuse_mode <> 'off' AND s.refresh_mode = 'DIFFERENTIAL' THEN"
                    + " pgtrickle._fuse_ceiling(s.pgt_id, s.fuse_mode, s.fuse_ceiling) + coalesce(s.fuse_allowance, 0) END,"
                    + " s.fuse_strikes + 1 >= coalesce(s.fuse_sensitivity, 1)";

    /// How many columns it is.
    static final int COLUMNS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Holdback.class);

    /// @param first the number of the first of the columns
    static Holdback read(Row row, int first) throws SQLException {
        return new Holdback(
                row.optionalString(first), row.optionalLong(first + 1), row.getBoolean(first + 2));
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
            throw new Held(row, Cause.SOURCES, reason.get());
        }
        if (last && exceeded(pending)) {
            throw new Held(row, Cause.FUSE, pending + " pending rows");
        }
    }

    private enum Cause {
        SOURCES,
        FUSE
    }

    /// Ends, and undoes, a scheduled refresh that is held back.
    static final class Held extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient StreamTableRow row;
        private final Cause cause;
        private final String reason;

        private Held(StreamTableRow row, Cause cause, String reason) {
            super("a refresh of " + row.table() + " is held back", null, false, false);
            this.row = row;
            this.cause = cause;
            this.reason = reason;
        }

        /// What the refresh did: nothing.
        RefreshOutcome outcome() {
            return new RefreshOutcome(Action.SKIP, 0, 0, 0, 0, Duration.ZERO, Optional.of(reason));
        }

        /// Writes it down, in a transaction of its own, once for as long as it lasts. A fuse blows
        /// by this.
        void record(Session session) throws SQLException {
            Optional<String> noted =
                    session.inTransaction(
                            Session.Isolation.READ_COMMITTED,
                            it ->
                                    it.first(
                                                    cause == Cause.FUSE
                                                            ? "SELECT pgtrickle._blow_fuse(?)"
                                                            : "SELECT pgtrickle._note_held(?)",
                                                    column -> column.optionalString(1),
                                                    row.id())
                                            .flatMap(found -> found));
            if (noted.isEmpty()) {
                return;
            }
            switch (cause) {
                case SOURCES -> LOG.info("{} is held back: {}", row.table(), noted.get());
                case FUSE ->
                        LOG.warn(
                                "The fuse of {} has blown, it is suspended: {}. See pgtrickle.reset_fuse().",
                                row.table(),
                                noted.get());
            }
        }
    }
}
