package io.pgtrickle.server;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// A clock that never runs backwards.
///
/// It counts from the system's time at its start. When the system's time is a second ahead of it,
/// it follows: a computer that slept has not counted, and schedules that name times must not be
/// late for ever. When the system's time is set back, it goes on. Thread-safe.
final class MonotonicClock implements InstantSource {
    private static final Duration AHEAD = Duration.ofSeconds(1);

    private final InstantSource system;
    private final LongSupplier nanos;
    private final AtomicReference<Start> start;

    private record Start(Instant instant, long nanos) {}

    MonotonicClock() {
        this(InstantSource.system(), System::nanoTime);
    }

    /// @param nanos counts evenly
    MonotonicClock(InstantSource system, LongSupplier nanos) {
        this.system = system;
        this.nanos = nanos;
        this.start = new AtomicReference<>(new Start(system.instant(), nanos.getAsLong()));
    }

    @Override
    public Instant instant() {
        Start from = start.get();
        long count = nanos.getAsLong();
        Instant counted = from.instant().plusNanos(count - from.nanos());
        Instant now = system.instant();
        if (now.isAfter(counted.plus(AHEAD))) {
            start.compareAndSet(from, new Start(now, count));
            return now;
        }
        return counted;
    }
}
