package io.pgtrickle.bench;

import java.math.BigDecimal;

/// How much is measured.
enum Scale {
    /// What the published numbers are made with.
    FULL,
    /// A smoke test: everything runs, the numbers say little.
    QUICK;

    private int pick(int full, int quick) {
        return switch (this) {
            case FULL -> full;
            case QUICK -> quick;
        };
    }

    /// Rows of `orders`.
    int orders() {
        return pick(1_000_000, 50_000);
    }

    /// Rows of `customers`.
    int customers() {
        return pick(20_000, 1_000);
    }

    /// Rounds of a refresh block: each measures every method.
    int rounds() {
        return pick(5, 2);
    }

    /// Differential refreshes of a round: the short ones need more repetitions for a steady median.
    int differentials(int changedRows) {
        if (changedRows == 1) {
            return pick(7, 3);
        }
        return changedRows <= 100 ? pick(4, 2) : 1;
    }

    /// Pairs of a write with and without capture.
    int pairs() {
        return pick(21, 3);
    }

    /// Single-row transactions of one such write.
    int transactions() {
        return pick(300, 50);
    }

    /// Rows whose way to the stream table is timed.
    int latencySamples() {
        return pick(200, 5);
    }

    /// Rows of each of the tables that are followed in parallel.
    int parallelRows() {
        return pick(200_000, 5_000);
    }

    /// Rounds of the comparison of pending with kept changes.
    int pendingRounds() {
        return pick(5, 2);
    }

    /// The larger number of changes in that comparison.
    int manyChanges() {
        return pick(100_000, 10_000);
    }

    /// The smaller one.
    int fewChanges() {
        return pick(1_000, 100);
    }

    /// The scale of TPC-H unless told otherwise.
    BigDecimal tpch() {
        return switch (this) {
            case FULL -> BigDecimal.ONE;
            case QUICK -> new BigDecimal("0.01");
        };
    }
}
