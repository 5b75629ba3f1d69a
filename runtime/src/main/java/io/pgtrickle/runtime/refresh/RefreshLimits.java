package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

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

    private static final List<String> SETTINGS =
            List.of(
                    "refresh_strategy",
                    "max_delta_estimate_rows",
                    "max_buffer_rows",
                    "delta_amplification_threshold",
                    "log_merge_sql",
                    "cost_model_safety_margin",
                    "differential_max_change_ratio");

    /// An expression: what is set, as it is written.
    static final String WRITTEN =
            SETTINGS.stream()
                    .map(it -> "current_setting('pg_trickle." + it + "', true)")
                    .collect(Collectors.joining(", ", "array_to_string(ARRAY[", "], '|', '')"));

    private static final String NOTHING = "|".repeat(SETTINGS.size() - 1);

    private static final AtomicReference<Known> LAST =
            new AtomicReference<>(new Known("", NOTHING, DEFAULT));

    /// What was read last: a service finds the same for each refresh, and reading takes as long as
    /// the rest of a small one.
    ///
    /// @param read the function that reads
    private record Known(String read, String written, RefreshLimits limits) {}

    /// Reads them. A value that is not allowed is the caller's error (22023); for a session of our
    /// own, which has reported it, it is the default.
    ///
    /// @param written the value of [#WRITTEN] in this session
    static RefreshLimits read(Session session, String written) throws SQLException {
        if (written.equals(NOTHING)) {
            return DEFAULT;
        }
        String read =
                session.ownership() == Session.Ownership.CALLER ? "setting" : "setting_or_default";
        Known last = LAST.get();
        if (last.read().equals(read) && last.written().equals(written)) {
            return last.limits();
        }
        RefreshLimits limits = ask(session, read);
        LAST.set(new Known(read, written, limits));
        return limits;
    }

    private static RefreshLimits ask(Session session, String read) throws SQLException {
        return session.one(
                SETTINGS.stream()
                        .map(it -> "pgtrickle." + read + "('" + it + "')")
                        .collect(Collectors.joining(", ", "SELECT ", "")),
                row ->
                        new RefreshLimits(
                                Strategy.valueOf(row.getString(1).toUpperCase(Locale.ROOT)),
                                Long.parseLong(row.getString(2)),
                                Long.parseLong(row.getString(3)),
                                Double.parseDouble(row.getString(4)),
                                Boolean.parseBoolean(row.getString(5)),
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
