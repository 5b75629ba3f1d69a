package io.pgtrickle.server;

import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.server.schedule.Scheduler;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/// Listens for wake-ups on a connection and a thread of its own.
///
/// Thread-safe.
final class WakeListener implements AutoCloseable {
    /// Where it is told that sources have changed.
    private static final String WAKE = "pgtrickle_wake";

    /// What is said there of the stream tables themselves and of what sources are.
    private static final String CATALOG = "catalog";

    /// Where it is told that what holds refreshes back has changed.
    private static final Set<String> RELEASING =
            Set.of("pgtrickle_source_gate", "pgtrickle_watermark");

    /// How long closing may have to wait; a notification ends the wait at once.
    private static final Duration SLICE = Duration.ofMillis(200);

    private final Connection connection;
    private final Thread thread;
    private volatile boolean closed;

    private WakeListener(Connection connection, Scheduler scheduler) {
        this.connection = connection;
        this.thread = Thread.ofVirtual().name("pg_trickle wake").unstarted(() -> listen(scheduler));
    }

    /// Starts to listen: a wake-up that is armed after this returns is not missed.
    ///
    /// @param connection closed with the listener
    /// @param scheduler is told
    static WakeListener start(Connection connection, Scheduler scheduler) throws SQLException {
        Sql.execute(connection, "LISTEN " + WAKE);
        for (String channel : RELEASING) {
            Sql.execute(connection, "LISTEN " + channel);
        }
        WakeListener listener = new WakeListener(connection, scheduler);
        listener.thread.start();
        return listener;
    }

    private void listen(Scheduler scheduler) {
        try {
            PGConnection postgres = connection.unwrap(PGConnection.class);
            while (!closed) {
                PGNotification[] notifications = postgres.getNotifications((int) SLICE.toMillis());
                if (notifications != null) {
                    tell(scheduler, Arrays.asList(notifications));
                }
            }
        } catch (SQLException e) {
            scheduler.lost(e);
        }
    }

    /// Once for each kind.
    private static void tell(Scheduler scheduler, List<PGNotification> notifications) {
        List<PGNotification> wakes =
                notifications.stream().filter(it -> it.getName().equals(WAKE)).toList();
        if (!wakes.isEmpty()) {
            scheduler.wake();
        }
        if (wakes.stream().anyMatch(it -> it.getParameter().equals(CATALOG))) {
            scheduler.alter();
        }
        if (notifications.stream().anyMatch(it -> RELEASING.contains(it.getName()))) {
            scheduler.release();
        }
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        try {
            thread.join(SLICE.multipliedBy(5));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
