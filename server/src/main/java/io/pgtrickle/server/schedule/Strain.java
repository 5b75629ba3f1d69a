package io.pgtrickle.server.schedule;

import java.time.Duration;
import java.util.Optional;

/// How much of its period a refresh took. Immutable.
///
/// @param took how long it took
/// @param period as the schedule says, positive
/// @param factor how many times as long the period is from now on
record Strain(Duration took, Duration period, int factor) {
    /// The share of its period from which on a refresh is worth a warning.
    private static final double CLOSE = 0.8;

    /// Empty when there was time enough.
    Optional<Strain> ifWorthAWarning() {
        return ratio() >= CLOSE ? Optional.of(this) : Optional.empty();
    }

    double ratio() {
        return seconds(took) / seconds(period);
    }

    /// Periods of centuries have too many nanoseconds for a number.
    private static double seconds(Duration duration) {
        return duration.getSeconds() + duration.getNano() / 1e9;
    }
}
