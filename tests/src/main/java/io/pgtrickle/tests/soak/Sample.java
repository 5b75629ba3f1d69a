package io.pgtrickle.tests.soak;

import java.util.Locale;

/// What was measured at one moment of a run. Immutable.
///
/// @param minutes since the run began
/// @param commits transactions of the writers in a second, since the sample before
/// @param refreshes that had data, in a second
/// @param pending stream tables with something to apply
/// @param heap megabytes in use after a collection
/// @param buffers megabytes of the change buffers
/// @param database megabytes of the database
/// @param near milliseconds from a commit until a stream table over its table shows it: the median
///   of those since the sample before
/// @param nearLate the 95th percentile
/// @param far the median for a stream table at the end of a chain of five
/// @param farLate the 95th percentile
record Sample(
        double minutes,
        double commits,
        double refreshes,
        double pending,
        double heap,
        double buffers,
        double database,
        double near,
        double nearLate,
        double far,
        double farLate) {
    static final String HEADER =
            "minutes,commits_per_s,refreshes_per_s,pending,heap_mb,buffers_mb,database_mb,near_median_ms,near_p95_ms,"
                    + "far_median_ms,far_p95_ms";

    String csv() {
        return String.format(
                Locale.ROOT,
                "%.2f,%.1f,%.1f,%.0f,%.0f,%.2f,%.1f,%.1f,%.1f,%.1f,%.1f",
                minutes,
                commits,
                refreshes,
                pending,
                heap,
                buffers,
                database,
                near,
                nearLate,
                far,
                farLate);
    }
}
