package io.pgtrickle.server.schedule;

/// How many times as long the period of a stream table is because its refreshes take about as long
/// as it. Immutable.
///
/// @param factor 1, 2, 4 or 8
record Backoff(int factor) {
    static final Backoff NONE = new Backoff(1);

    private static final int MOST = 8;

    /// The share of its period that a refresh may take.
    private static final double TOO_LONG = 0.95;

    /// After a refresh: twice as far when it took as long as the stretched period, none when it
    /// would have been in time without, as far as before in between.
    ///
    /// @param share of the period that the schedule says, not stretched
    Backoff after(double share) {
        if (share < TOO_LONG) {
            return NONE;
        }
        return share >= TOO_LONG * factor && factor < MOST ? new Backoff(2 * factor) : this;
    }
}
