package io.pgtrickle.server;

import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.server.calls.CallService;
import io.pgtrickle.server.lease.Fence;
import io.pgtrickle.server.lease.Lease;
import io.pgtrickle.server.schedule.Budget;
import io.pgtrickle.server.schedule.Scheduler;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// A service's life with one database: connect, compete for the lease, lead; after a loss, all over
/// again.
///
/// [#run] belongs to one thread; the other methods may be called by any thread.
final class Terms implements Runnable {
    private static final Duration STAND_BY = Duration.ofMillis(500);

    /// Three times as long as a service that leads is silent at most; callers of the SQL API wait
    /// as long.
    private static final Duration SILENCE = Duration.ofSeconds(15);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(2);

    private final Assignment assignment;
    private final Connections connections;
    private final Budget budget;
    private final InstantSource clock;
    private final Logger log;
    private final Leadership leadership = new Leadership();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<@Nullable Scheduler> current = new AtomicReference<>();

    private Duration pause = FIRST_PAUSE;
    private String lastError = "";

    Terms(Assignment assignment, Budget budget, InstantSource clock) {
        this.assignment = assignment;
        this.connections = new Connections(assignment.address());
        this.budget = budget;
        this.clock = clock;
        this.log = assignment.log();
    }

    Leadership leadership() {
        return leadership;
    }

    /// Asks [#run] to end.
    void stop() {
        stopping.countDown();
        Scheduler scheduler = current.get();
        if (scheduler != null) {
            scheduler.stop();
        }
    }

    @Override
    public void run() {
        try {
            while (!stopped(Duration.ZERO)) {
                attempt();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void attempt() throws InterruptedException {
        try {
            term();
            return;
        } catch (SQLException e) {
            report(Errors.sqlState(e), Errors.message(e));
        } catch (PgTrickleException e) {
            report(e.sqlState(), e.getMessage() + e.hint().map(it -> " (" + it + ")").orElse(""));
        } catch (RuntimeException e) {
            log.error("The service failed by a defect and starts again", e);
        }
        stopped(pause);
        pause = pause.compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
    }

    private void report(String sqlState, @Nullable String message) {
        String text = message + " (SQLSTATE " + sqlState + ")";
        if (text.equals(lastError)) {
            log.debug("Still no service: {}", text);
        } else {
            log.warn("No service for the moment, trying again: {}", text);
        }
        lastError = text;
    }

    private boolean stopped(Duration within) throws InterruptedException {
        return stopping.await(within.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// From connecting to the end of leadership.
    private void term() throws SQLException, InterruptedException {
        try (Connection control = connections.dedicated("pg_trickle lease")) {
            Lease lease = new Lease(control);
            if (compete(lease)) {
                lead(control, lease);
                lease.release();
            }
        }
    }

    private boolean compete(Lease lease) throws SQLException, InterruptedException {
        Lease.Attempt last = Lease.Attempt.TAKEN;
        while (true) {
            Lease.Attempt attempt = lease.tryAcquire();
            boolean news = attempt != last;
            last = attempt;
            switch (attempt) {
                case TAKEN -> {
                    return true;
                }
                case HELD_BY_ANOTHER -> {
                    if (news) {
                        log.info("Standing by: another service leads");
                    }
                    endSilent(lease);
                }
                case IN_RECOVERY -> {
                    if (news) {
                        log.info("Standing by: the server is a hot standby, until it is promoted");
                    }
                }
            }
            if (stopped(STAND_BY)) {
                return false;
            }
        }
    }

    private void endSilent(Lease lease) throws SQLException {
        try {
            if (lease.endSilent(SILENCE)) {
                log.warn(
                        "The service that leads has done nothing for {} s: its session is ended",
                        SILENCE.toSeconds());
            }
        } catch (SQLException e) {
            requireMissingRight(e, "The service that leads does not respond");
        }
    }

    /// Sessions of another role can be ended by who has its rights, or those of pg_signal_backend.
    private void requireMissingRight(SQLException error, String trouble) throws SQLException {
        if (!Errors.isMissingRight(error)) {
            throw error;
        }
        report(Errors.sqlState(error), trouble + ": " + Errors.message(error));
    }

    private void lead(Connection control, Lease lease) throws SQLException, InterruptedException {
        Installer.requireInstalled(JdbcSession.of(control));
        Fence fence = Fence.of(control);
        endOthers(fence);
        try (HikariDataSource pool =
                connections.pool(
                        assignment.start().limits().refreshes(),
                        assignment.idle(),
                        fence.joining())) {
            JdbcDatabase database = new JdbcDatabase(control, lease, pool, log);
            Scheduler scheduler = new Scheduler(database, clock, budget, assignment.start(), log);
            try (WakeListener _ =
                            WakeListener.start(
                                    connections.dedicated("pg_trickle wake"), scheduler);
                    CallService _ = CallService.start(control, assignment.calls(), log)) {
                lead(scheduler);
            }
        }
    }

    private void endOthers(Fence fence) throws SQLException {
        try {
            int ended = fence.endOthers();
            if (ended > 0) {
                log.info("Ended {} sessions of a service that led before", ended);
            }
        } catch (SQLException e) {
            requireMissingRight(e, "A service that led before has sessions left");
        }
    }

    private void lead(Scheduler scheduler) throws SQLException, InterruptedException {
        current.set(scheduler);
        if (stopped(Duration.ZERO)) {
            return;
        }
        log.info("Leading: refreshing what is due");
        pause = FIRST_PAUSE;
        lastError = "";
        leadership.set(true);
        try {
            scheduler.run(PATIENCE);
        } catch (SQLException e) {
            log.warn("Lost the lease");
            throw e;
        } finally {
            leadership.set(false);
            current.set(null);
        }
    }
}
