package io.pgtrickle.server;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/// Listens for wake-ups on a connection and a thread of its own.
///
/// Thread-safe.
final class WakeListener implements AutoCloseable {
    private static final String CHANNEL = "pgtrickle_wake";

    /// Where it is told that what holds refreshes back has changed.
    private static final List<String> RELEASING =
            List.of("pgtrickle_source_gate", "pgtrickle_watermark");

    /// How long closing may have to wait; a notification ends the wait at once.
    private static final Duration SLICE = Duration.ofMillis(200);

    private final Connection connection;
    private final Thread thread;
    private volatile boolean closed;

    private WakeListener(
            Connection connection, Runnable wake, Runnable release, Consumer<SQLException> lost) {
        this.connection = connection;
        this.thread =
                Thread.ofVirtual()
                        .name("pg_trickle wake")
                        .unstarted(() -> listen(wake, release, lost));
    }

    /// Starts to listen: a wake-up that is armed after this returns is not missed.
    ///
    /// @param connection closed with the listener
    static WakeListener start(
            Connection connection, Runnable wake, Runnable release, Consumer<SQLException> lost)
            throws SQLException {
        Sql.execute(connection, "LISTEN " + CHANNEL);
        for (String channel : RELEASING) {
            Sql.execute(connection, "LISTEN " + channel);
        }
        WakeListener listener = new WakeListener(connection, wake, release, lost);
        listener.thread.start();
        return listener;
    }

    private void listen(Runnable wake, Runnable release, Consumer<SQLException> lost) {
        try {
            PGConnection postgres = connection.unwrap(PGConnection.class);
            while (!closed) {
                PGNotification[] notifications = postgres.getNotifications((int) SLICE.toMillis());
                Set<String> channels =
                        notifications == null
                                ? Set.of()
                                : Arrays.stream(notifications)
                                        .map(PGNotification::getName)
                                        .collect(Collectors.toSet());
                if (channels.contains(CHANNEL)) {
                    wake.run();
                }
                if (RELEASING.stream().anyMatch(channels::contains)) {
                    release.run();
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
