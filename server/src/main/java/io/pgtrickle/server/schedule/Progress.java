package io.pgtrickle.server.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// Where one stream table stands between its refreshes.
///
/// One thread. Time comes in with each call.
final class Progress {
    static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    static final Duration LAST_RETRY = Duration.ofSeconds(60);
    static final Duration BUSY_PAUSE = Duration.ofMillis(100);
    static final Duration FIRST_EMPTY_PAUSE = Duration.ofMillis(10);
    static final Duration LAST_EMPTY_PAUSE = Duration.ofSeconds(1);

    /// One that is held back is tried again when it is released; and now and then, since nobody
    /// tells of a setting that has changed.
    static final Duration FIRST_HELD_PAUSE = Duration.ofSeconds(1);

    static final Duration LAST_HELD_PAUSE = Duration.ofSeconds(30);

    /// How soon after one that was held back a release starts another.
    static final Duration RELEASE_PAUSE = Duration.ofMillis(100);

    private sealed interface State {
        record Idle() implements State {}

        record Running(Instant start) implements State {}

        record Paused(Instant until) implements State {}

        record Held(Instant since, Instant until) implements State {}
    }

    private Entry entry;
    private boolean populated;
    private State state = new State.Idle();

    /// The start of the last refresh that had data.
    private Instant phase = Instant.MIN;

    /// The start of the last refresh that ended, however it did.
    private Instant lastEnded = Instant.MIN;

    /// Since when it has wanted a refresh; MAX when it does not.
    private Instant wantedSince = Instant.MAX;

    private int failures;
    private int empties;
    private int holds;

    /// Whether it was released while it ran.
    private boolean released;

    Progress(Entry entry) {
        this.entry = entry;
        this.populated = entry.populated();
    }

    void update(Entry newest) {
        entry = newest;
        populated = newest.populated();
    }

    long id() {
        return entry.id();
    }

    List<Long> members() {
        return entry.members();
    }

    boolean running() {
        return state instanceof State.Running;
    }

    Instant wantedSince() {
        return wantedSince;
    }

    /// Whether it would start a refresh if it had changes: it is not running, not paused, and its
    /// period is over.
    boolean due(Instant now) {
        return switch (state) {
            case State.Running _ -> false;
            case State.Paused(Instant until) -> !now.isBefore(until) && !now.isBefore(dueAt());
            case State.Held(_, Instant until) -> !now.isBefore(until) && !now.isBefore(dueAt());
            case State.Idle _ -> !now.isBefore(dueAt());
        };
    }

    /// Whether it waits for the next commit on a source.
    boolean waitsForChanges(Instant now) {
        return entry.trigger() == Entry.Trigger.CHANGES && due(now);
    }

    /// When time alone makes it due; MAX while it runs, and once it is due.
    Instant nextDue(Instant now) {
        Instant due =
                switch (state) {
                    case State.Running _ -> Instant.MAX;
                    case State.Paused(Instant until) -> latest(until, dueAt());
                    case State.Held(_, Instant until) -> latest(until, dueAt());
                    case State.Idle _ -> dueAt();
                };
        return due.isAfter(now) ? due : Instant.MAX;
    }

    /// A first refresh and a repeated one do not wait for the period.
    private Instant dueAt() {
        return phase.equals(Instant.MIN) || !populated || failures > 0
                ? Instant.MIN
                : phase.plus(entry.period());
    }

    /// Notes whether it wants a refresh now.
    void look(Instant now, Set<Long> pending) {
        if (!wants(now, pending)) {
            wantedSince = Instant.MAX;
        } else if (!wanted()) {
            wantedSince = now;
        }
    }

    private boolean wants(Instant now, Set<Long> pending) {
        return due(now)
                && (entry.trigger() == Entry.Trigger.TIME
                        || !populated
                        || failures > 0
                        || members().stream().anyMatch(pending::contains));
    }

    /// Whether it wanted a refresh at the last look.
    boolean wanted() {
        return !wantedSince.equals(Instant.MAX);
    }

    /// Whether a reader that has waited since `since` waits for this one too: it wants or does a
    /// refresh, and none that started after the reader began to wait has ended yet. So a reader
    /// waits for each upstream at most for the refresh that runs and one more, and a busy upstream
    /// cannot starve it.
    boolean delays(Instant since) {
        return (running() || wanted()) && lastEnded.isBefore(since);
    }

    void start(Instant now) {
        state = new State.Running(now);
        released = false;
        wantedSince = Instant.MAX;
    }

    /// Notes the end of the running refresh; without one it does nothing.
    void finish(Instant now, Result result) {
        if (!(state instanceof State.Running(Instant start))) {
            return;
        }
        lastEnded = start;
        holds = result instanceof Result.Held ? holds + 1 : 0;
        state =
                switch (result) {
                    case Result.Refreshed _ -> refreshed(start);
                    case Result.Nothing _ -> nothing(start, now);
                    case Result.Busy _ -> new State.Paused(now.plus(BUSY_PAUSE));
                    case Result.Held _ -> held(now);
                    case Result.Failed _ -> failed(now);
                };
    }

    private State refreshed(Instant start) {
        phase = start;
        populated = true;
        failures = 0;
        empties = 0;
        return new State.Idle();
    }

    /// One that keeps finding nothing although changes are reported is asked less and less often.
    private State nothing(Instant start, Instant now) {
        populated = true;
        failures = 0;
        if (entry.trigger() == Entry.Trigger.TIME) {
            phase = start;
            return new State.Idle();
        }
        empties++;
        return empties == 1
                ? new State.Idle()
                : new State.Paused(
                        now.plus(doubled(FIRST_EMPTY_PAUSE, empties - 2, LAST_EMPTY_PAUSE)));
    }

    private State held(Instant now) {
        Duration pause =
                released ? RELEASE_PAUSE : doubled(FIRST_HELD_PAUSE, holds - 1, LAST_HELD_PAUSE);
        return new State.Held(now, now.plus(pause));
    }

    /// Notes that what held it back may be gone.
    void release(Instant now) {
        released = true;
        if (state instanceof State.Held(Instant since, Instant until)) {
            holds = 0;
            Instant soon = latest(now, since.plus(RELEASE_PAUSE));
            state = new State.Held(since, soon.isBefore(until) ? soon : until);
        }
    }

    private State failed(Instant now) {
        failures++;
        return new State.Paused(now.plus(retryDelay(failures)));
    }

    /// How long to wait after so many failures in a row: 1 s, 2 s, 4 s, ... 60 s.
    static Duration retryDelay(int failures) {
        return doubled(FIRST_RETRY, failures - 1, LAST_RETRY);
    }

    private static Duration doubled(Duration first, int times, Duration cap) {
        Duration delay = first.multipliedBy(1L << Math.min(times, 20));
        return delay.compareTo(cap) < 0 ? delay : cap;
    }

    int failures() {
        return failures;
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
