package io.pgtrickle.server;

import java.time.Instant;
import java.time.InstantSource;

/// A clock that starts at the system's time and then never jumps. Immutable.
final class MonotonicClock implements InstantSource {
    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - startNanos);
    }
}
