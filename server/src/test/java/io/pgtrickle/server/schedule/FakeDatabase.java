package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.refresh.Tier;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/// A database in memory whose refreshes wait until the test lets them go.
///
/// Thread-safe: everything under its own monitor.
final class FakeDatabase implements Database {
    /// No test should wait so long.
    private static final long DEADLINE = 20_000;

    private final Map<Long, Schedulable> tables = new TreeMap<>();
    private final Set<Long> pending = new HashSet<>();
    private final Map<Long, Semaphore> held = new TreeMap<>();
    private final Map<Long, SQLException> failing = new TreeMap<>();
    private final List<String> log = new ArrayList<>();
    private boolean armed;
    private boolean otherGraph;
    private boolean leads = true;
    private int unreadable;
    private Runnable wake = () -> {};

    synchronized void onWake(Runnable action) {
        wake = action;
    }

    synchronized void add(long id, String schedule, Long... upstream) {
        tables.put(
                id,
                new Schedulable(
                        id,
                        new QualifiedName("public", "t" + id),
                        schedule,
                        false,
                        true,
                        Set.of(upstream),
                        Optional.empty(),
                        Tier.HOT,
                        false,
                        true));
    }

    /// The next news say that there are other edges.
    synchronized void changeGraph() {
        otherGraph = true;
    }

    synchronized void drop(long id) {
        tables.remove(id);
        pending.remove(id);
    }

    /// A commit that a stream table has to apply; the first one after arming wakes.
    void commit(long id) {
        Runnable action = () -> {};
        synchronized (this) {
            pending.add(id);
            if (armed) {
                armed = false;
                log.add("wake");
                action = wake;
            }
        }
        action.run();
    }

    /// Refreshes of this one wait for [#letGo].
    synchronized void hold(long id) {
        held.put(id, new Semaphore(0));
    }

    synchronized void letGo(long id) {
        Semaphore gate = held.remove(id);
        if (gate != null) {
            gate.release();
        }
    }

    synchronized void fail(long id, SQLException error) {
        failing.put(id, error);
    }

    synchronized void loseLease() {
        leads = false;
    }

    /// The next reads of the catalog fail.
    synchronized void makeUnreadable(int times) {
        unreadable = times;
    }

    synchronized List<String> log() {
        return List.copyOf(log);
    }

    synchronized long count(String line) {
        return log.stream().filter(line::equals).count();
    }

    /// Waits until a condition on this database holds.
    synchronized void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.currentTimeMillis() + DEADLINE;
        while (!condition.getAsBoolean()) {
            long left = end - System.currentTimeMillis();
            if (left <= 0) {
                throw new AssertionError("too late; log: " + log);
            }
            wait(left);
        }
    }

    void awaitLine(String line) throws InterruptedException {
        await(() -> log.contains(line));
    }

    private synchronized void note(String line) {
        log.add(line);
        notifyAll();
    }

    @Override
    public synchronized boolean holdsLease() {
        return leads;
    }

    @Override
    public synchronized List<Schedulable> load() {
        note("load");
        return List.copyOf(tables.values());
    }

    @Override
    public synchronized SchedulerView.Look look(boolean arm) {
        news(arm);
        return new SchedulerView.Look(leads, true);
    }

    @Override
    public synchronized boolean news(boolean arm) {
        if (arm) {
            armed = true;
            notifyAll();
        }
        boolean other = otherGraph;
        otherGraph = false;
        return other;
    }

    @Override
    public synchronized Set<Long> pending() throws SQLException {
        if (unreadable > 0) {
            unreadable--;
            note("unreadable");
            throw new SQLException("relation does not exist", "42P01");
        }
        note("look");
        return Set.copyOf(pending);
    }

    @Override
    public List<RefreshOutcome> refresh(List<Long> ids, IntConsumer begun) throws SQLException {
        begun.accept(1000 + ids.getFirst().intValue());
        List<RefreshOutcome> outcomes = new ArrayList<>();
        for (long id : ids) {
            outcomes.add(refresh(id));
        }
        return outcomes;
    }

    private RefreshOutcome refresh(long id) throws SQLException {
        Semaphore gate;
        synchronized (this) {
            note("start " + id);
            gate = held.getOrDefault(id, new Semaphore(1));
        }
        gate.acquireUninterruptibly();
        synchronized (this) {
            SQLException error = failing.remove(id);
            if (error != null) {
                note("fail " + id);
                throw error;
            }
            boolean data = pending.remove(id);
            tables.values().stream()
                    .filter(it -> it.upstream().contains(id))
                    .forEach(it -> pending.add(it.id()));
            note("end " + id);
            return new RefreshOutcome(
                    data ? Action.DIFFERENTIAL : Action.NO_DATA, 1, 0, 0, 1, Duration.ZERO);
        }
    }

    @Override
    public List<Lasting> cleanBuffers() {
        note("clean");
        return List.of();
    }

    @Override
    public synchronized void forget(long id) {
        note("forget " + id);
    }
}
