package io.pgtrickle.server.schedule;

/// Where the agenda gets workers.
@FunctionalInterface
interface Slots {
    /// Takes workers.
    ///
    /// @param wanted how many could be used
    /// @param running how many it has
    /// @return how many there are for it
    int take(int wanted, int running);

    /// A fixed number of workers.
    static Slots of(int workers) {
        return (wanted, running) -> Math.clamp(workers - (long) running, 0, wanted);
    }
}
