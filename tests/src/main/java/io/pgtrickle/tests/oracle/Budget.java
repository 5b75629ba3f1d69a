package io.pgtrickle.tests.oracle;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/// Says when a run has had enough: after a number of cases or when the time is up. Each question
/// counts as a case.
public final class Budget implements BooleanSupplier {
    private final AtomicLong left;
    private final long deadline;

    /// A budget that starts now.
    public Budget(long cases, Duration time) {
        this.left = new AtomicLong(cases);
        this.deadline = System.nanoTime() + time.toNanos();
    }

    @Override
    public boolean getAsBoolean() {
        return left.getAndDecrement() <= 0 || System.nanoTime() - deadline > 0;
    }
}
