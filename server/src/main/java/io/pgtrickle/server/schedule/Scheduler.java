package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.Job;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.SchedulerView;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/*
 * A cycle: take the events that came, take the news of sources, start what is due, wait for the next event or the next
 * time something becomes due. Once in a while the news come with the answer whether the catalog is to be read again: an
 * idle service asks one thing. The wake-up is armed before the news are read: a commit that the reading does not see
 * comes after it, and so finds the wake-up armed. Events are taken before pending
 * changes are read: what a refresh has written is seen when its end is known, so its readers wait for each other in
 * the right order.
 *
 * All state belongs to the thread in run(); others only add events.
 */

/// The loop that keeps stream tables fresh for as long as its service leads.
///
/// [#run] belongs to one thread and is called once; the other public methods may be called by any
/// thread.
public final class Scheduler {
    /// How soon to look again when looking failed for the first time.
    private static final Duration SECOND_LOOK = Duration.ofMillis(10);

    /// How long the session with the lease is silent at most: those who want to call the service
    /// take a longer silence for a service that is stuck.
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Notices notices = new Notices();
    private final Jobs jobs = new Jobs();
    private final Journal journal;
    private final Database database;
    private final InstantSource clock;
    private final Pace start;
    private final Agenda agenda;
    private final Roster roster;
    private final Workers workers;
    private final Cleaning cleaning;
    private final Budget.Share share;

    private Pace pace;
    private Instant nextLook = Instant.MIN;
    private boolean reload = true;
    private int troubles;

    /// A scheduler that has not started.
    ///
    /// @param clock must not run backwards
    /// @param budget where workers come from, as long as [#run] runs
    /// @param start how it works where no setting says otherwise
    /// @param log of what happens in this database
    public Scheduler(
            Database database, InstantSource clock, Budget budget, Pace start, Logger log) {
        this.database = database;
        this.clock = clock;
        this.start = start;
        this.pace = start;
        this.journal = new Journal(log);
        this.share = budget.share(start.limits(), () -> events.add(new Event.Freed()));
        this.agenda = new Agenda((wanted, _) -> share.take(wanted));
        this.roster = new Roster(database, agenda, journal, notices, jobs);
        this.workers = new Workers(database, events::add, share::giveBack, log);
        this.cleaning = new Cleaning(clock.instant());
    }

    /// Tells that a source may have changed.
    public void wake() {
        events.add(new Event.Woken());
    }

    /// Tells that there may be other stream tables, or other sources.
    public void alter() {
        events.add(new Event.Altered());
    }

    /// Tells that what held refreshes back may be gone.
    public void release() {
        events.add(new Event.Released());
    }

    /// Tells that a connection is gone: [#run] ends with this error.
    public void lost(SQLException cause) {
        events.add(new Event.Lost(cause));
    }

    /// Asks [#run] to end.
    public void stop() {
        events.add(new Event.Stop());
    }

    /// Refreshes what is due until [#stop]; then waits for what runs, at most for `patience`.
    ///
    /// @throws SQLException when the lease or a connection is lost; ending what still runs is the
    ///   caller's task
    public void run(Duration patience) throws SQLException, InterruptedException {
        try (Budget.Share _ = share.open()) {
            begin();
            Instant start;
            Instant next;
            do {
                start = clock.instant();
                next = cycle(start);
            } while (await(start, next));
            finish(patience);
            show(clock.instant(), List.of());
        }
    }

    private void begin() {
        try {
            jobs.begin(database.takeOverJobs());
        } catch (SQLException e) {
            journal.unseen(e);
        }
    }

    private void finish(Duration patience) throws SQLException, InterruptedException {
        Instant end = clock.instant().plus(patience);
        while (agenda.running() > 0 || cleaning.running()) {
            Event event = poll(end);
            if (event == null) {
                return;
            }
            if (event instanceof Event.Lost(SQLException cause)) {
                throw cause;
            }
            take(event);
        }
    }

    /// @return when the next cycle starts even if nothing happens
    private Instant cycle(Instant now) throws SQLException {
        Instant next = nextLook(now);
        try {
            boolean fresh = !now.isBefore(nextLook) && look(now);
            if (pace.enabled()) {
                Turn turn = agenda.plan(now, pending(now, fresh));
                turn.start().forEach(id -> begin(id, now));
                if (!agenda.waiting(now).isEmpty()) {
                    jobs.waiting(now);
                }
                next = turn.next().orElse(next);
            }
            next = earlier(next, nextLook);
            if (troubles > 0) {
                journal.noTrouble();
            }
            troubles = 0;
        } catch (SQLException e) {
            requireLease(e);
            next = trouble(e, now);
        }
        if (cleaning.start(now)) {
            workers.clean();
        }
        tell(now);
        if (!now.isBefore(jobs.next())) {
            show(now, agenda.waiting(now.minus(Jobs.WORTH)));
        }
        return earlier(earlier(next, cleaning.next()), earlier(notices.next(), jobs.next()));
    }

    private void begin(long id, Instant now) {
        agenda.ticket(id).ifPresent(it -> jobs.begun(it, now));
        workers.refresh(id, agenda.members(id));
    }

    /// As in [#tell].
    private void show(Instant now, List<Ticket> waiting) {
        List<Job> shown = jobs.take(now, waiting);
        if (shown.isEmpty()) {
            return;
        }
        try {
            jobs.written(database.show(shown));
            journal.seen();
        } catch (SQLException e) {
            journal.unseen(e);
        }
    }

    /// An error of the connection is met again by the next statement, any other must not stop
    /// refreshes.
    private void tell(Instant now) {
        List<Alert> alerts = notices.take(now);
        if (alerts.isEmpty()) {
            return;
        }
        try {
            database.tell(alerts);
            journal.told();
        } catch (SQLException e) {
            journal.silenced(e);
        }
    }

    /// The first time it may be a stream table that was dropped between two looks: look again soon,
    /// and say nothing.
    private Instant trouble(SQLException error, Instant now) {
        troubles++;
        if (troubles > 1) {
            journal.trouble(error);
        }
        reload = true;
        nextLook = now.plus(troubles > 1 ? pace.poll() : SECOND_LOOK);
        return nextLook;
    }

    private Instant nextLook(Instant now) {
        return earlier(now.plus(pace.poll()), now.plus(SIGN_OF_LIFE));
    }

    /// @return whether the news are those that were there after the wake-up was armed, if it is to
    ///   be
    private boolean look(Instant now) throws SQLException {
        boolean waits = agenda.waitsForChanges(now);
        SchedulerView.Look look = database.look(waits && pace.wakes());
        if (!look.holds()) {
            throw leaseGone();
        }
        if (look.changed() || reload) {
            load();
        }
        if (pace.enabled()) {
            roster.look(now);
        }
        nextLook = nextLook(now);
        return waits;
    }

    private void load() throws SQLException {
        pace = database.pace(start);
        share.limits(pace.limits());
        database.allow(share.own(), share.size());
        roster.load(pace);
        reload = false;
    }

    /// @param fresh whether the news have just been taken
    private Set<Long> pending(Instant now, boolean fresh) throws SQLException {
        if (!agenda.waitsForChanges(now)) {
            return Set.of();
        }
        if (!fresh && database.news(pace.wakes())) {
            load();
        }
        Set<Long> pending = database.pending();
        if (roster.isOutdated(pending)) {
            load();
            roster.ignoreUnknown(pending);
        }
        return pending;
    }

    /// With connection and lease, an error is one of the catalog's contents: looking again later
    /// may help.
    private void requireLease(SQLException reason) throws SQLException {
        try {
            if (database.holdsLease()) {
                return;
            }
        } catch (SQLException e) {
            reason.addSuppressed(e);
            throw reason;
        }
        throw leaseGone();
    }

    private static SQLException leaseGone() {
        return new SQLException(
                "another session has taken the lease, or a pooler has changed the session",
                "08003");
    }

    /// Waits for something to happen, at most until `next`.
    ///
    /// @return whether to go on
    private boolean await(Instant start, Instant next) throws SQLException, InterruptedException {
        Instant until = next;
        for (Event event = poll(until); event != null; event = poll(until)) {
            switch (event) {
                case Event.Stop _ -> {
                    return false;
                }
                case Event.Lost(SQLException cause) -> throw cause;
                case Event.Woken _ -> until = earlier(until, start.plus(pace.debounce()));
                case Event.Altered _, Event.Released _ -> {
                    take(event);
                    until = earlier(until, start.plus(pace.debounce()));
                }
                case Event.Finished _, Event.Freed _ -> {
                    take(event);
                    until = start;
                }
                case Event.Begun _, Event.Cleaned _, Event.Completed _ -> take(event);
            }
        }
        return true;
    }

    private void take(Event event) {
        switch (event) {
            case Event.Finished(long id, Result result) -> {
                Instant now = clock.instant();
                jobs.ended(id, now, result);
                Optional<Strain> strain = agenda.finished(id, now, result);
                if (roster.note(id, result, strain, now)) {
                    reload = true;
                    nextLook = Instant.MIN;
                }
                if (result instanceof Result.Refreshed) {
                    cleaning.consumed();
                }
            }
            case Event.Begun(long id, int process) -> jobs.worker(id, process);
            case Event.Completed(long id, RefreshOutcome outcome) -> notices.completed(id, outcome);
            case Event.Altered _ -> nextLook = Instant.MIN;
            case Event.Released _ -> agenda.released(clock.instant());
            case Event.Cleaned(List<Lasting> lasting) -> {
                cleaning.ended();
                notices.lasting(lasting, clock.instant());
            }
            case Event.Woken _, Event.Freed _, Event.Stop _, Event.Lost _ -> {}
        }
    }

    private @Nullable Event poll(Instant until) throws InterruptedException {
        return events.poll(
                Duration.between(clock.instant(), until).toNanos(), TimeUnit.NANOSECONDS);
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
