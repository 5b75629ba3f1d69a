package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.Optional;

/// What the settings of a session say about its refreshes. Immutable.
///
/// @param strategy whether changes are applied or everything recomputed
/// @param deltaRows pending rows above which a refresh recomputes; 0 for no limit
/// @param sourceRows the same for the rows of one source
/// @param amplification rows applied for each row changed that are worth a warning; 0 for never
/// @param log whether the statements are logged
/// @param margin by which the time of recomputing is multiplied before it is compared with that of
///   applying
/// @param changeRatio the share of changed rows above which a change of unknown cost is recomputed;
///   0 for none
record RefreshLimits(
        Strategy strategy,
        long deltaRows,
        long sourceRows,
        double amplification,
        boolean log,
        double margin,
        double changeRatio) {
    /// What `pg_trickle.refresh_strategy` says: what is likely to be faster, or always the one.
    enum Strategy {
        AUTO,
        DIFFERENTIAL,
        FULL
    }

    /// What holds where nothing is set.
    static final RefreshLimits DEFAULT =
            new RefreshLimits(Strategy.AUTO, 0, 1_000_000, 100, false, 0.8, 0.15);

    /// An expression: whether anything is set. Reading all of them takes longer than a look at what
    /// is pending.
    static final String ANY_SET =
            "concat(current_setting('pg_trickle.refresh_strategy', true),"
                    + " current_setting('pg_trickle.max_delta_estimate_rows', true),"
                    + " current_setting('pg_trickle.max_buffer_rows', true),"
                    + " current_setting('pg_trickle.delta_amplification_threshold', true),"
                    + " current_setting('pg_trickle.log_merge_sql', true),"
                    + " current_setting('pg_trickle.cost_model_safety_margin', true),"
                    + " current_setting('pg_trickle.differential_max_change_ratio', true)) <> ''";

    /// Reads them. A value that is not allowed is the caller's error (22023); for a session of our
    /// own, which has reported it, it is the default.
    static RefreshLimits read(Session session) throws SQLException {
        String read =
                session.ownership() == Session.Ownership.CALLER ? "setting" : "setting_or_default";
        return session.one(
                """
                SELECT upper(pgtrickle.%1$s('refresh_strategy')), pgtrickle.%1$s('max_delta_estimate_rows'),
                       pgtrickle.%1$s('max_buffer_rows'), pgtrickle.%1$s('delta_amplification_threshold'),
                       pgtrickle.%1$s('log_merge_sql') = 'true', pgtrickle.%1$s('cost_model_safety_margin'),
                       pgtrickle.%1$s('differential_max_change_ratio')
                """
                        .replace("%1$s", read),
                row ->
                        new RefreshLimits(
                                Strategy.valueOf(row.getString(1)),
                                Long.parseLong(row.getString(2)),
                                Long.parseLong(row.getString(3)),
                                Double.parseDouble(row.getString(4)),
                                row.getBoolean(5),
                                Double.parseDouble(row.getString(6)),
                                Double.parseDouble(row.getString(7))));
    }

    /// Why so many pending rows are recomputed whatever that costs; empty when they are not.
    Optional<String> whyFull(RefreshState state) {
        long rows = state.pendingRows();
        long largestSource = state.largestSource();
        if (strategy == Strategy.FULL) {
            return Optional.of("pg_trickle.refresh_strategy is full");
        }
        if (deltaRows > 0 && rows > deltaRows) {
            return Optional.of(
                    rows + " rows are more than pg_trickle.max_delta_estimate_rows, " + deltaRows);
        }
        if (strategy == Strategy.AUTO && sourceRows > 0 && largestSource > sourceRows) {
            return Optional.of(
                    largestSource
                            + " rows of one source are more than pg_trickle.max_buffer_rows, "
                            + sourceRows);
        }
        return state.deltaRows()
                .filter(it -> rows > it)
                .map(it ->
                        rows
                                + " rows have changed, more than max_delta_fraction of its rows, "
                                + it);
    }

    /// Whether applying a change took suspiciously many rows.
    boolean amplified(long changed, long applied) {
        return amplification > 0 && changed > 0 && applied > amplification * changed;
    }
}
