package io.pgtrickle.server;

import io.pgtrickle.server.calls.CallAddress;
import java.time.Duration;
import java.time.InstantSource;

/// The service of one database: leads or stands by, and refreshes what is due.
///
/// Several services of one database share one lease: one leads, the others stand by and take over
/// within a second or two when it ends, however it ends. Thread-safe.
public final class Service implements AutoCloseable {
    /// Longer than closing should ever take.
    private static final Duration CLOSING = Duration.ofSeconds(15);

    /// How to reach the database and how hard to work.
    ///
    /// @param url JDBC URL
    /// @param user role, empty for the URL's own
    /// @param password empty for none
    /// @param workers refreshes that may run at the same time
    /// @param pollInterval how often to look for changes and new stream tables when no wake-up
    ///   comes
    /// @param calls where calls of the SQL API are taken
    public record Config(
            String url,
            String user,
            String password,
            int workers,
            Duration pollInterval,
            CallAddress calls) {
        /// One second.
        public static final Duration DEFAULT_POLL_INTERVAL = Duration.ofSeconds(1);

        /// Checks the numbers.
        public Config {
            if (workers < 1) {
                throw new IllegalArgumentException("workers must be at least 1, not " + workers);
            }
            if (!pollInterval.isPositive()) {
                throw new IllegalArgumentException(
                        "the poll interval must be positive, not " + pollInterval);
            }
        }

        /// With the default poll interval.
        public Config(String url, String user, String password, int workers) {
            this(url, user, password, workers, DEFAULT_POLL_INTERVAL, CallAddress.LOOPBACK);
        }

        /// The same with another poll interval.
        public Config withPollInterval(Duration interval) {
            return new Config(url, user, password, workers, interval, calls);
        }

        /// The same with calls taken elsewhere.
        public Config withCalls(CallAddress address) {
            return new Config(url, user, password, workers, pollInterval, address);
        }

        /// Without the password.
        @Override
        public String toString() {
            return "Config[user="
                    + user
                    + ", workers="
                    + workers
                    + ", pollInterval="
                    + pollInterval
                    + "]";
        }
    }

    private final Terms terms;
    private final Thread thread;

    private Service(Terms terms) {
        this.terms = terms;
        this.thread = Thread.ofVirtual().name("pg_trickle service").unstarted(terms);
    }

    /// Starts the service's threads. Returns at once; waits for the database and for leadership in
    /// the background.
    public static Service start(Config config) {
        return start(config, new MonotonicClock());
    }

    /// The same with a clock, which must not run backwards.
    static Service start(Config config, InstantSource clock) {
        Service service = new Service(new Terms(config, clock));
        service.thread.start();
        return service;
    }

    /// Waits until this service leads.
    ///
    /// @return false when the time is up first
    public boolean awaitLeadership(Duration timeout) {
        return terms.leadership().await(timeout);
    }

    /// Stops refreshing, waits a few seconds for refreshes that run, releases the lease, closes all
    /// connections. What still runs then is broken off and rolled back. Does nothing the second
    /// time.
    @Override
    public void close() {
        terms.stop();
        try {
            if (!thread.join(CLOSING)) {
                thread.interrupt();
            }
        } catch (InterruptedException _) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
