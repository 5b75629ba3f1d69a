package io.pgtrickle.runtime.refresh;

/// How much a stream table's schedule is stretched.
public enum Tier {
    /// As it is.
    HOT(1),
    /// Twice as long.
    WARM(2),
    /// Ten times as long.
    COLD(10),
    /// Never refreshed by a scheduler.
    FROZEN(0);

    private final int factor;

    Tier(int factor) {
        this.factor = factor;
    }

    /// What the period is multiplied with; of no meaning when frozen.
    public int factor() {
        return factor;
    }
}
