package io.pgtrickle.server;

import io.pgtrickle.server.calls.CallAddress;
import io.pgtrickle.server.schedule.Budget;
import io.pgtrickle.server.schedule.Pace;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service of one database or of several: leads or stands by, and refreshes what is due.
///
/// Several services of one database share one lease: one leads, the others stand by and take over
/// within a second or two when it ends, however it ends. A service of several databases looks after
/// each by itself, with a lease and threads of its own; they share workers. Thread-safe.
public final class Service implements AutoCloseable {
    private static final String LOG = "io.pgtrickle.server";

    /// Longer than closing should ever take.
    private static final Duration CLOSING = Duration.ofSeconds(15);

    /// How to reach a database.
    ///
    /// @param url JDBC URL
    /// @param user role, empty for the URL's own
    /// @param password empty for none
    public record Address(String url, String user, String password) {
        /// The name for the log.
        private String name() {
            String path = url.substring(url.lastIndexOf('/') + 1);
            return path.replaceFirst("\\?.*", "");
        }

        /// Without the password.
        @Override
        public String toString() {
            return "Address[database=" + name() + ", user=" + user + "]";
        }
    }

    /// How to reach the databases and how hard to work.
    ///
    /// @param workers refreshes that may run at the same time where no setting says so
    /// @param ceiling the most of them whatever settings say
    /// @param pollInterval how often to look for changes and new stream tables when no wake-up
    ///   comes
    /// @param calls where calls of the SQL API are taken, of several databases each at one port
    ///   more
    public record Config(
            List<Address> databases,
            int workers,
            int ceiling,
            Duration pollInterval,
            CallAddress calls) {
        /// One second.
        public static final Duration DEFAULT_POLL_INTERVAL = Duration.ofSeconds(1);

        /// Checks the numbers.
        public Config {
            databases = List.copyOf(databases);
            if (databases.isEmpty()) {
                throw new IllegalArgumentException("there must be a database");
            }
            if (workers < 1 || ceiling < workers) {
                throw new IllegalArgumentException(
                        "workers must be at least 1, not " + workers + ", at most " + ceiling);
            }
            if (!pollInterval.isPositive()) {
                throw new IllegalArgumentException(
                        "the poll interval must be positive, not " + pollInterval);
            }
        }

        /// Of several databases, with the default poll interval and never more workers.
        public Config(List<Address> databases, int workers) {
            this(databases, workers, workers, DEFAULT_POLL_INTERVAL, CallAddress.LOOPBACK);
        }

        /// Of one database, with the default poll interval and never more workers.
        ///
        /// @param url JDBC URL
        /// @param user role, empty for the URL's own
        /// @param password empty for none
        public Config(String url, String user, String password, int workers) {
            this(List.of(new Address(url, user, password)), workers);
        }

        /// The same with more workers where settings say so.
        public Config withCeiling(int most) {
            return new Config(databases, workers, most, pollInterval, calls);
        }

        /// The same with another poll interval.
        public Config withPollInterval(Duration interval) {
            return new Config(databases, workers, ceiling, interval, calls);
        }

        /// The same with calls taken elsewhere.
        public Config withCalls(CallAddress address) {
            return new Config(databases, workers, ceiling, pollInterval, address);
        }

        private List<Assignment> assignments() {
            Pace start = Pace.of(workers, pollInterval);
            int idle = databases.size() == 1 ? workers + Connections.SPARE : Connections.SPARE;
            return IntStream.range(0, databases.size())
                    .mapToObj(
                            i -> new Assignment(databases.get(i), start, idle, calls.of(i), log(i)))
                    .toList();
        }

        /// Of several databases each has a name of its own in the log.
        private Logger log(int index) {
            if (databases.size() == 1) {
                return LoggerFactory.getLogger(LOG);
            }
            String name = databases.get(index).name();
            boolean unique = databases.stream().filter(it -> it.name().equals(name)).count() == 1;
            String label = unique ? name : name + "#" + (index + 1);
            return LoggerFactory.getLogger(LOG + "." + label.replace('.', '_'));
        }
    }

    /// One for each database.
    private final List<Terms> terms;

    private final List<Thread> threads;

    private Service(List<Terms> terms) {
        this.terms = terms;
        this.threads =
                terms.stream()
                        .map(it -> Thread.ofVirtual().name("pg_trickle service").unstarted(it))
                        .toList();
    }

    /// Starts the service's threads. Returns at once; waits for the databases and for leadership in
    /// the background.
    public static Service start(Config config) {
        return start(config, new MonotonicClock());
    }

    /// The same with a clock, which must not run backwards.
    static Service start(Config config, InstantSource clock) {
        Budget budget = new Budget(config.ceiling());
        List<Terms> terms = new ArrayList<>();
        config.assignments().forEach(it -> terms.add(new Terms(it, budget, clock)));
        Service service = new Service(List.copyOf(terms));
        service.threads.forEach(Thread::start);
        return service;
    }

    /// Waits until this service leads everywhere.
    ///
    /// @return false when the time is up first
    public boolean awaitLeadership(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        return terms.stream()
                .allMatch(it -> it.leadership().await(Duration.ofNanos(end - System.nanoTime())));
    }

    /// Stops refreshing, waits a few seconds for refreshes that run, releases the leases, closes
    /// all connections. What still runs then is broken off and rolled back. Does nothing the second
    /// time.
    @Override
    public void close() {
        terms.forEach(Terms::stop);
        long end = System.nanoTime() + CLOSING.toNanos();
        try {
            for (Thread thread : threads) {
                if (!thread.join(Duration.ofNanos(end - System.nanoTime()))) {
                    thread.interrupt();
                }
            }
        } catch (InterruptedException _) {
            threads.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
        }
    }
}
