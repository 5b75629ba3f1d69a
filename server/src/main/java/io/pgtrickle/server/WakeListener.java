package io.pgtrickle.server;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/// Listens for wake-ups on a connection and a thread of its own.
///
/// Thread-safe.
final class WakeListener implements AutoCloseable {
    private static final String CHANNEL = "pgtrickle_wake";

    /// How long closing may have to wait; a notification ends the wait at once.
    private static final Duration SLICE = Duration.ofMillis(200);

    private final Connection connection;
    private final Thread thread;
    private volatile boolean closed;

    private WakeListener(Connection connection, Runnable wake, Consumer<SQLException> lost) {
        this.connection = connection;
        this.thread =
                Thread.ofVirtual().name("pg_trickle wake").unstarted(() -> listen(wake, lost));
    }

    /// Starts to listen: a wake-up that is armed after this returns is not missed.
    ///
    /// @param connection closed with the listener
    static WakeListener start(Connection connection, Runnable wake, Consumer<SQLException> lost)
            throws SQLException {
        Sql.execute(connection, "LISTEN " + CHANNEL);
        WakeListener listener = new WakeListener(connection, wake, lost);
        listener.thread.start();
        return listener;
    }

    private void listen(Runnable wake, Consumer<SQLException> lost) {
        try {
            PGConnection postgres = connection.unwrap(PGConnection.class);
            while (!closed) {
                PGNotification[] notifications = postgres.getNotifications((int) SLICE.toMillis());
                if (notifications != null && notifications.length > 0) {
                    wake.run();
                }
            }
        } catch (SQLException e) {
            lost.accept(e);
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
