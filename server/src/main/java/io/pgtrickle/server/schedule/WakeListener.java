package io.pgtrickle.server.schedule;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens for the wake-up on a connection of its own. When the connection is lost it is opened again; meanwhile the
/// scheduler's polling takes its place. Thread-safe.
final class WakeListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WakeListener.class);
    private static final int WAIT_MILLIS = 500;

    private final Callable<Connection> connect;
    private final Runnable onWake;
    private final Thread thread;
    private volatile boolean closed;

    private WakeListener(Callable<Connection> connect, Runnable onWake) {
        this.connect = connect;
        this.onWake = onWake;
        this.thread = Thread.ofPlatform().daemon().name("pg_trickle wake").unstarted(this::listen);
    }

    static WakeListener start(Callable<Connection> connect, Runnable onWake) {
        WakeListener listener = new WakeListener(connect, onWake);
        listener.thread.start();
        return listener;
    }

    private void listen() {
        while (!closed) {
            try (Connection connection = connect.call()) {
                try (var statement = connection.createStatement()) {
                    statement.execute("LISTEN pgtrickle_wake");
                }
                PGConnection postgres = connection.unwrap(PGConnection.class);
                while (!closed) {
                    PGNotification[] notifications = postgres.getNotifications(WAIT_MILLIS);
                    if (notifications != null && notifications.length > 0) {
                        onWake.run();
                    }
                }
            } catch (SQLException e) {
                LOG.debug("the listening connection was lost: {}", e.getMessage());
                pause();
            } catch (Exception e) {
                LOG.warn("the listening connection could not be opened: {}", e.getMessage());
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
