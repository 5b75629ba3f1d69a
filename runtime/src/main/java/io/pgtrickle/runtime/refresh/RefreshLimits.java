package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;

/// What the settings of a session say about its refreshes. Immutable.
///
/// @param full whether changes are never applied, but everything recomputed
/// @param deltaRows pending rows above which a refresh recomputes; 0 for no limit
/// @param sourceRows the same for the rows of one source
/// @param amplification rows applied for each row changed that are worth a warning; 0 for never
/// @param log whether the statements are logged
record RefreshLimits(
        boolean full, long deltaRows, long sourceRows, double amplification, boolean log) {
    /// What holds where nothing is set.
    static final RefreshLimits DEFAULT = new RefreshLimits(false, 0, 1_000_000, 100, false);

    /// An expression: whether anything is set. Reading all of them takes longer than a look at what
    /// is pending.
    static final String ANY_SET =
            "concat(current_setting('pg_trickle.refresh_strategy', true),"
                    + " current_setting('pg_trickle.max_delta_estimate_rows', true),"
                    + " current_setting('pg_trickle.max_buffer_rows', true),"
                    + " current_setting('pg_trickle.delta_amplification_threshold', true),"
                    + " current_setting('pg_trickle.log_merge_sql', true)) <> ''";

    /// Reads them. A value that is not allowed is the caller's error (22023); for a session of our
    /// own, which has reported it, it is the default.
    static RefreshLimits read(Session session) throws SQLException {
        String read =
                session.ownership() == Session.Ownership.CALLER ? "setting" : "setting_or_default";
        return session.one(
                "SELECT pgtrickle.%1$s('refresh_strategy') = 'full', pgtrickle.%1$s('max_delta_estimate_rows'), pgtrickle.%1$s('max_buffer_rows'), pgtrickle.%1$s('delta_amplification_threshold'), pgtrickle.%1$s('log_merge_sql') = 'true'"
                        .replace("%1$s", read),
                row ->
                        new RefreshLimits(
                                row.getBoolean(1),
                                Long.parseLong(row.getString(2)),
                                Long.parseLong(row.getString(3)),
                                Double.parseDouble(row.getString(4)),
                                row.getBoolean(5)));
    }

    /// Whether so many pending rows are better recomputed.
    boolean exceeded(long rows, long largestSource) {
        return full
                || (deltaRows > 0 && rows > deltaRows)
                || (sourceRows > 0 && largestSource > sourceRows);
    }

    /// Whether applying a change took suspiciously many rows.
    boolean amplified(long changed, long applied) {
        return amplification > 0 && changed > 0 && applied > amplification * changed;
    }
}
