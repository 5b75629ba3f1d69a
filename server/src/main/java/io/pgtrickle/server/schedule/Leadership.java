package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.PgTrickleException;
import io.pgtrickle.runtime.api.RefreshOutcome;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.RefreshEngine.Schedulable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One term of leading: decides what is due, starts it, and waits for the next reason to decide.
///
/// A cycle arms the wake-up first and looks for changes then, so that a change is either seen or announces itself.
/// Refreshes run on virtual threads, at most `workers` at a time, and come back as events. Used by one thread;
/// [#stop] may be called by another.
public final class Leadership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
    private static final String UNDEFINED_TABLE = "42P01";
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration DEBOUNCE = Duration.ofMillis(2);
    private static final Duration CLEAN_INTERVAL = Duration.ofSeconds(1);
    private static final Duration IDLE_CLEAN_INTERVAL = Duration.ofSeconds(10);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

    private final Connection connection;
    private final DataSource pool;
    private final Semaphore workers;
    private final RefreshEngine engine = new RefreshEngine();
    private final Agenda agenda = new Agenda();
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final WakeListener listener;
    private boolean cleaning;
    private boolean refreshedSinceCleaning;
    private long cleanedAt = now();

    /// Something to react to.
    private sealed interface Event {
        /// A source has changed.
        record Woken() implements Event {}

        /// A refresh has ended.
        record Finished(long id, Agenda.Ending ending) implements Event {}

        /// The buffers have been cleaned.
        record Cleaned() implements Event {}

        /// The service is closing.
        record Stopped() implements Event {}
    }

    /// @param connection the connection that holds the lease
    /// @param connect opens the connection that listens
    /// @param pool connections for refreshes
    /// @param workers how many refreshes may run at a time
    public Leadership(Connection connection, Callable<Connection> connect, DataSource pool, int workers)
            throws SQLException {
        this.connection = connection;
        this.pool = pool;
        this.workers = new Semaphore(workers);
        Installer.requireInstalled(connection);
        this.listener = WakeListener.start(connect, () -> events.add(new Event.Woken()));
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    /// Leads until `stopped` or the lease's connection fails.
    ///
    /// @throws SQLException when the lease is lost with its connection
    public void run(BooleanSupplier stopped) throws SQLException {
        while (!stopped.getAsBoolean()) {
            long startedAt = now();
            Agenda.Decision decision = decide();
            decision.start().forEach(this::start);
            cleanIfDue();
            await(decision, startedAt);
        }
        awaitIdle();
    }

    private Agenda.Decision decide() throws SQLException {
        engine.armWake(connection);
        List<Schedulable> tables = engine.load(connection);
        Set<Long> pending;
        try {
            pending = engine.pending(connection).keySet();
        } catch (SQLException e) {
            if (!Errors.sqlState(e).equals(UNDEFINED_TABLE)) {
                throw e;
            }
            LOG.debug("a stream table was dropped meanwhile: {}", e.getMessage());
            return new Agenda.Decision(List.of(), Optional.of(now() + DEBOUNCE.toMillis()), true);
        }
        return agenda.decide(now(), tables, pending);
    }

    private void start(Schedulable table) {
        refreshedSinceCleaning = true;
        Thread.ofVirtual().name("refresh " + table.name()).start(() -> {
            Agenda.Ending ending = Agenda.Ending.FAILED;
            try {
                workers.acquire();
                try {
                    ending = refresh(table);
                } finally {
                    workers.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                events.add(new Event.Finished(table.id(), ending));
            }
        });
    }

    private Agenda.Ending refresh(Schedulable table) {
        try (Connection worker = pool.getConnection()) {
            RefreshOutcome outcome = engine.refresh(worker, table.id(), "SCHEDULER");
            return switch (outcome.action()) {
                case NO_DATA, SKIP -> Agenda.Ending.NOTHING;
                case FULL, DIFFERENTIAL, REINITIALIZE -> {
                    LOG.debug("refreshed {}: {}", table.name(), outcome);
                    yield Agenda.Ending.DATA;
                }
            };
        } catch (SQLException e) {
            LOG.warn("refresh of {} failed: {} (SQLSTATE {})", table.name(), Errors.message(e), Errors.sqlState(e));
        } catch (PgTrickleException e) {
            LOG.warn("refresh of {} failed: {} (SQLSTATE {})", table.name(), e.getMessage(), e.sqlState());
        } catch (RuntimeException e) {
            LOG.error("refresh of {} failed", table.name(), e);
        }
        return Agenda.Ending.FAILED;
    }

    private void cleanIfDue() {
        Duration interval = refreshedSinceCleaning ? CLEAN_INTERVAL : IDLE_CLEAN_INTERVAL;
        if (cleaning || now() - cleanedAt < interval.toMillis()) {
            return;
        }
        cleaning = true;
        refreshedSinceCleaning = false;
        Thread.ofVirtual().name("clean buffers").start(() -> {
            try (Connection worker = pool.getConnection()) {
                engine.cleanBuffers(worker);
            } catch (SQLException e) {
                LOG.warn("cleaning the change buffers failed: {}", Errors.message(e));
            } finally {
                events.add(new Event.Cleaned());
            }
        });
    }

    /// Waits for a reason to decide again: a refresh that ended, a change that could make something due, the next due
    /// time, or the poll interval.
    private void await(Agenda.Decision decision, long cycleStartedAt) {
        long wakeAt = Math.min(
                decision.wakeAt().orElse(Long.MAX_VALUE), cycleStartedAt + POLL.toMillis());
        try {
            while (true) {
                Event event = events.poll(Math.max(0, wakeAt - now()), TimeUnit.MILLISECONDS);
                if (event == null) {
                    return;
                }
                boolean decide = handle(event, decision);
                while ((event = events.poll()) != null) {
                    decide |= handle(event, decision);
                }
                if (decide) {
                    Thread.sleep(Math.max(0, cycleStartedAt + DEBOUNCE.toMillis() - now()));
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean handle(Event event, Agenda.Decision decision) {
        return switch (event) {
            case Event.Woken _ -> decision.listening();
            case Event.Finished(long id, Agenda.Ending ending) -> {
                agenda.finished(id, ending, now());
                yield true;
            }
            case Event.Cleaned _ -> {
                cleaning = false;
                cleanedAt = now();
                yield false;
            }
            case Event.Stopped _ -> true;
        };
    }

    private void awaitIdle() {
        long deadline = now() + STOP_PATIENCE.toMillis();
        Agenda.Decision none = new Agenda.Decision(List.of(), Optional.empty(), false);
        try {
            while ((!agenda.idle() || cleaning) && now() < deadline) {
                Event event = events.poll(Math.max(1, deadline - now()), TimeUnit.MILLISECONDS);
                if (event != null) {
                    handle(event, none);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Makes [#run] look at its condition now.
    public void stop() {
        events.add(new Event.Stopped());
    }

    @Override
    public void close() {
        listener.close();
    }
}
