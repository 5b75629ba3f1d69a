package io.pgtrickle.server.schedule;

import java.time.Duration;
import java.time.Instant;

/// When the change buffers are cleaned: once a second while refreshes consume changes, else every
/// half minute, never twice at a time.
///
/// No clock, threads or database. One thread.
final class Cleaning {
    static final Duration BUSY = Duration.ofSeconds(1);
    static final Duration IDLE = Duration.ofSeconds(30);

    private Instant lastStart;
    private boolean running;
    private boolean traffic;

    Cleaning(Instant now) {
        lastStart = now;
    }

    /// Notes that changes have been consumed.
    void consumed() {
        traffic = true;
    }

    /// When the next one is due; MAX while one runs.
    Instant next() {
        return running ? Instant.MAX : lastStart.plus(traffic ? BUSY : IDLE);
    }

    /// Starts one if it is due.
    ///
    /// @return whether the caller is to start it
    boolean start(Instant now) {
        if (now.isBefore(next())) {
            return false;
        }
        lastStart = now;
        running = true;
        traffic = false;
        return true;
    }

    boolean running() {
        return running;
    }

    void ended() {
        running = false;
    }
}
