package io.pgtrickle.bench;

import java.sql.SQLException;

/// Times work in milliseconds.
final class Stopwatch {
    private static final double NANOS = 1e6;

    private Stopwatch() {}

    /// Work against the database.
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    static double time(Work work) throws SQLException {
        long start = System.nanoTime();
        work.run();
        return since(start);
    }

    /// Milliseconds since a value of [System#nanoTime].
    static double since(long start) {
        return (System.nanoTime() - start) / NANOS;
    }
}
