package io.pgtrickle.server.schedule;

/// How many refreshes may run at the same time, as the settings of one database say. Immutable.
///
/// @param mode whether several may
/// @param refreshes of this database, where it has no quota
/// @param quota the share of this database, which it may exceed while there are workers enough;
///   zero for none
/// @param pool of all databases of the service
public record Limits(Mode mode, int refreshes, int quota, int pool) {
    /// Whether refreshes run at the same time.
    public enum Mode {
        /// One after the other.
        OFF,
        /// One after the other; the log says what would be done at the same time.
        DRY_RUN,
        /// As many as the other limits allow.
        ON
    }

    /// Checks the numbers.
    public Limits {
        if (refreshes < 1 || quota < 0 || pool < 1) {
            throw new IllegalArgumentException(
                    "refreshes: " + refreshes + ", quota: " + quota + ", pool: " + pool);
        }
    }

    /// As many of one database as of all.
    public static Limits of(int workers) {
        return new Limits(Mode.ON, workers, 0, workers);
    }

    /// How many may run while workers are scarce.
    int base() {
        return switch (mode) {
            case OFF, DRY_RUN -> 1;
            case ON -> quota == 0 ? refreshes : quota;
        };
    }

    /// How many may run while there are workers enough.
    public int most() {
        return switch (mode) {
            case OFF, DRY_RUN -> 1;
            case ON -> quota == 0 ? refreshes : Math.max(quota * 3 / 2, quota + 1);
        };
    }
}
