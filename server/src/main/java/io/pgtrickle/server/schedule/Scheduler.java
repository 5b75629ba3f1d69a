package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.PgTrickleException;
import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.refresh.RefreshEngine.Schedulable;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/*
 * A cycle: take the events that came, ask for a wake-up, read what is pending, start what is due, wait for the next
 * event or the next time something becomes due. The wake-up is asked for before pending changes are read: a commit
 * that the reading does not see comes after it, and so finds the wake-up armed.
 *
 * All state belongs to the thread in run(); others only add events.
 */

/// The loop that keeps stream tables fresh for as long as its service leads.
///
/// [#run] belongs to one thread and is called once; the other public methods may be called by any thread.
public final class Scheduler {
    /// Cycles that wake-ups cause are at least this far apart: the first is immediate.
    private static final Duration DEBOUNCE = Duration.ofMillis(10);

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Database database;
    private final InstantSource clock;
    private final Duration poll;
    private final Agenda agenda;
    private final Cleaning cleaning;
    private final Workers workers;
    private final Journal journal = new Journal();

    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, Result.Failed> unreported = new HashMap<>();
    private Set<Long> ignored = Set.of();
    private Instant nextLoad = Instant.MIN;
    private Instant cycleStart = Instant.MIN;

    /// @param limit refreshes that may run at the same time
    /// @param poll how often to look when no wake-up comes
    public Scheduler(Database database, InstantSource clock, int limit, Duration poll) {
        this.database = database;
        this.clock = clock;
        this.poll = poll;
        this.agenda = new Agenda(limit);
        this.cleaning = new Cleaning(clock.instant());
        this.workers = new Workers(database, events::add, journal);
    }

    /// Tells that a source may have changed.
    public void wake() {
        events.add(new Event.Woken());
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
    /// @throws SQLException when the lease or a connection is lost: what still runs is the caller's to end
    public void run(Duration patience) throws SQLException, InterruptedException {
        do {
            cycle();
        } while (await());
        Instant end = clock.instant().plus(patience);
        while (agenda.running() > 0 || cleaning.running()) {
            Event event = events.poll(millisUntil(end), TimeUnit.MILLISECONDS);
            if (event == null) {
                return;
            }
            apply(event);
        }
    }

    private void cycle() throws SQLException {
        Instant now = clock.instant();
        cycleStart = now;
        try {
            if (!now.isBefore(nextLoad)) {
                load(now);
            }
            Set<Long> pending = agenda.waitsForChanges(now) ? pending(now) : Set.of();
            agendaTurn = agenda.plan(now, pending);
            agendaTurn.start().forEach(workers::refresh);
            journal.noTrouble();
        } catch (SQLException e) {
            tolerate(e, now);
        }
        if (cleaning.start(now)) {
            workers.clean();
        }
    }

    private Turn agendaTurn = new Turn(List.of(), java.util.Optional.empty());

    /// Something is wrong in the catalog, but the connection and the lease are there: look again later.
    private void tolerate(SQLException error, Instant now) throws SQLException {
        requireLease(error);
        journal.trouble("Cannot read the catalog: " + Errors.message(error) + " (SQLSTATE " + Errors.sqlState(error) + ")");
        nextLoad = now.plus(poll);
        agendaTurn = new Turn(List.of(), java.util.Optional.of(nextLoad));
    }

    private void requireLease(SQLException reason) throws SQLException {
        try {
            if (database.holdsLease()) {
                return;
            }
        } catch (SQLException e) {
            e.addSuppressed(reason);
            throw e;
        }
        throw new SQLException("the lease is gone", "08003", reason);
    }

    private Set<Long> pending(Instant now) throws SQLException {
        database.armWake();
        Set<Long> pending = database.pending();
        Set<Long> unknown = new HashSet<>(pending);
        unknown.removeIf(agenda::contains);
        if (!ignored.containsAll(unknown)) {
            load(now);
            unknown.removeIf(agenda::contains);
            ignored = Set.copyOf(unknown);
        }
        return pending;
    }

    private void load(Instant now) throws SQLException {
        if (!database.holdsLease()) {
            throw new LeaseLostException();
        }
        List<Entry> entries = new ArrayList<>();
        for (Schedulable table : database.load()) {
            names.put(table.id(), table.name());
            entries.add(entry(table));
        }
        for (long id : agenda.load(entries)) {
            names.remove(id);
            journal.gone(id);
            database.forget(id);
        }
        nextLoad = now.plus(poll);
        report();
    }
}
