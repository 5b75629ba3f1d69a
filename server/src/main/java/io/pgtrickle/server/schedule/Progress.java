package io.pgtrickle.server.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

    /// The start of the last refresh that had data; the last one of all that the catalog knew of
    /// when this began.
    private Instant phase;

    /// What follows from the phase and the entry; empty when one of them has changed.
    private Optional<Times> times = Optional.empty();

    /// When it is due, and when even without known changes; MAX for never.
    private record Times(Instant rhythm, Instant alarm) {}

    /// The start of the last refresh that ended, however it did.
    private Instant lastEnded = Instant.MIN;

    /// Since when it has wanted a refresh; MAX when it does not.
    private Instant wantedSince = Instant.MAX;

    /// Since when it had wanted the refresh that runs.
    private Instant startedFor = Instant.MAX;

    /// Since when it has wanted a refresh, or has tried one; MAX when it has what it wants.
    private Instant behindSince = Instant.MAX;

    private Backoff backoff = Backoff.NONE;
    private int failures;
    private int empties;
    private int holds;

    /// Whether it was released while it ran.
    private boolean released;

    Progress(Entry entry) {
        this.entry = entry;
        this.populated = entry.populated();
        this.phase = entry.lastRefresh().orElse(Instant.MIN);
    }

    void update(Entry newest) {
        if (!newest.rhythm().equals(entry.rhythm()) || !newest.alarm().equals(entry.alarm())) {
            times = Optional.empty();
        }
        entry = newest;
        populated = newest.populated();
        if (phase.equals(Instant.MIN)) {
            // It was being filled by somebody else when this began.
            phase(newest.lastRefresh().orElse(Instant.MIN));
        }
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

    Rank rank() {
        return entry.rank();
    }

    /// When its turn is among those that want a refresh.
    Instant turn() {
        return entry.rank().turn(wantedSince);
    }

    /// The refresh that it wants or does.
    Ticket ticket() {
        return new Ticket(
                id(),
                entry.rank().kind(),
                members(),
                running() ? startedFor : wantedSince,
                failures + 1);
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
        return due(now) && now.isBefore(alarmAt());
    }

    /// When time alone makes it due; MAX while it runs, and once it is due.
    Instant nextDue(Instant now) {
        Instant due = notPaused(dueAt());
        Instant alarm = notPaused(alarmAt());
        Instant next = due.isAfter(now) ? due : alarm;
        return next.isAfter(now) ? next : Instant.MAX;
    }

    private Instant notPaused(Instant time) {
        return switch (state) {
            case State.Running _ -> Instant.MAX;
            case State.Paused(Instant until) -> latest(until, time);
            case State.Held(_, Instant until) -> latest(until, time);
            case State.Idle _ -> time;
        };
    }

    /// A first refresh and a repeated one do not wait for the period.
    private Instant dueAt() {
        return urgent() ? Instant.MIN : times().rhythm();
    }

    private Instant alarmAt() {
        if (entry.alarm().isEmpty()) {
            return Instant.MAX;
        }
        return urgent() ? Instant.MIN : times().alarm();
    }

    private boolean urgent() {
        return phase.equals(Instant.MIN) || !populated || failures > 0;
    }

    private Times times() {
        Times known =
                times.orElseGet(() ->
                        new Times(
                                entry.rhythm().after(phase, backoff.factor()),
                                entry.alarm()
                                        .map(it -> it.after(phase, backoff.factor()))
                                        .orElse(Instant.MAX)));
        times = Optional.of(known);
        return known;
    }

    private void phase(Instant start) {
        phase = start;
        times = Optional.empty();
    }

    /// Notes whether it wants a refresh now.
    void look(Instant now, Set<Long> pending) {
        if (phase.isAfter(now)) {
            // The clock of the database, or of the service before this one, is ahead.
            phase(now);
        }
        boolean wants = wants(now, pending);
        if (!wants) {
            wantedSince = Instant.MAX;
        } else if (!wanted()) {
            wantedSince = now;
        }
        if (wants && behindSince.equals(Instant.MAX)) {
            behindSince = now;
        } else if (!wants && state instanceof State.Idle) {
            behindSince = Instant.MAX;
        }
    }

    private boolean wants(Instant now, Set<Long> pending) {
        return due(now)
                && (!now.isBefore(alarmAt())
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
        startedFor = wantedSince;
        wantedSince = Instant.MAX;
    }

    /// Notes the end of the running refresh; without one it does nothing.
    ///
    /// @return what to say of the time that it took
    Optional<Strain> finish(Instant now, Result result) {
        if (!(state instanceof State.Running(Instant start))) {
            return Optional.empty();
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
        return result instanceof Result.Refreshed
                ? entry.rhythm().limit().flatMap(it -> strain(Duration.between(start, now), it))
                : Optional.empty();
    }

    private Optional<Strain> strain(Duration took, Duration period) {
        double share = new Strain(took, period, backoff.factor()).ratio();
        backoff = entry.rhythm().stretches() ? backoff.after(share) : Backoff.NONE;
        times = Optional.empty();
        return new Strain(took, period, backoff.factor()).ifWorthAWarning();
    }

    /// How fresh it is.
    Standing standing() {
        return new Standing(
                entry.members(),
                phase,
                behindSince,
                entry.rhythm().limit(),
                entry.alarm().isEmpty());
    }

    private State refreshed(Instant start) {
        phase(start);
        populated = true;
        behindSince = Instant.MAX;
        failures = 0;
        empties = 0;
        return new State.Idle();
    }

    /// One that keeps finding nothing although changes are reported is asked less and less often.
    private State nothing(Instant start, Instant now) {
        populated = true;
        behindSince = Instant.MAX;
        failures = 0;
        if (entry.trigger() == Entry.Trigger.TIME) {
            phase(start);
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
