package io.pgtrickle.server;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.runtime.api.PgTrickleException;
import io.pgtrickle.server.schedule.Leadership;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service of one database: leads or stands by, and refreshes what is due.
///
/// The lease is a session advisory lock on a connection of its own: it ends with the process, however that ends.
/// Correctness does not depend on it, as every refresh locks its catalog row; it keeps two services from doing the
/// same work. Thread-safe.
public final class Service implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    private static final int LOCK_CLASS = 0x70677472;
    private static final int LOCK_LEADER = 1;
    private static final Duration STANDBY_POLL = Duration.ofMillis(500);
    private static final Duration MAX_RECONNECT = Duration.ofSeconds(5);

    /// How to reach the database and how hard to work.
    ///
    /// @param url JDBC URL
    /// @param user role, empty for the URL's own
    /// @param password empty for none
    /// @param workers refreshes that may run at the same time
    public record Config(String url, String user, String password, int workers) {
        public Config {
            Objects.requireNonNull(url);
            if (workers < 1) {
                throw new IllegalArgumentException("workers must be at least 1, not " + workers);
            }
        }

        Connection connect() throws SQLException {
            Properties properties = new Properties();
            if (!user.isEmpty()) {
                properties.setProperty("user", user);
            }
            if (!password.isEmpty()) {
                properties.setProperty("password", password);
            }
            properties.setProperty("ApplicationName", "pg_trickle");
            properties.setProperty("tcpKeepAlive", "true");
            return DriverManager.getConnection(url, properties);
        }
    }

    private final Config config;
    private final HikariDataSource pool;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch leading = new CountDownLatch(1);
    private final AtomicReference<@Nullable Leadership> current = new AtomicReference<>();
    private final Thread supervisor;

    private Service(Config config) {
        this.config = config;
        this.pool = pool(config);
        this.supervisor = Thread.ofVirtual().name("pg_trickle service").unstarted(this::supervise);
    }

    private static HikariDataSource pool(Config config) {
        HikariConfig hikari = new HikariConfig();
        hikari.setJdbcUrl(config.url());
        if (!config.user().isEmpty()) {
            hikari.setUsername(config.user());
        }
        if (!config.password().isEmpty()) {
            hikari.setPassword(config.password());
        }
        hikari.setPoolName("pg_trickle");
        hikari.setMaximumPoolSize(config.workers() + 1);
        hikari.setMinimumIdle(1);
        hikari.setInitializationFailTimeout(-1);
        hikari.setConnectionTimeout(10_000);
        hikari.addDataSourceProperty("ApplicationName", "pg_trickle");
        return new HikariDataSource(hikari);
    }

    /// Starts the service's threads. Returns at once; waits for the database and for leadership in the background.
    public static Service start(Config config) {
        Service service = new Service(config);
        service.supervisor.start();
        return service;
    }

    /// Waits until this service leads for the first time.
    ///
    /// @return false when the time is up first
    public boolean awaitLeadership(Duration timeout) {
        try {
            return leading.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void supervise() {
        Duration wait = STANDBY_POLL;
        while (!closing.get()) {
            try (Connection connection = config.connect()) {
                compete(connection);
                wait = STANDBY_POLL;
            } catch (SQLException | PgTrickleException e) {
                if (!closing.get()) {
                    LOG.warn("cannot lead, trying again in {} ms: {}", wait.toMillis(), e.getMessage());
                    pause(wait);
                    wait = longer(wait);
                }
            }
        }
    }

    private static Duration longer(Duration wait) {
        Duration twice = wait.multipliedBy(2);
        return twice.compareTo(MAX_RECONNECT) > 0 ? MAX_RECONNECT : twice;
    }

    private void compete(Connection connection) throws SQLException {
        boolean standingBy = false;
        while (!closing.get()) {
            if (tryLock(connection)) {
                LOG.info("leading");
                try (Leadership leadership = new Leadership(connection, config::connect, pool, config.workers())) {
                    current.set(leadership);
                    leading.countDown();
                    leadership.run(closing::get);
                } finally {
                    current.set(null);
                }
                return;
            }
            if (!standingBy) {
                LOG.info("standing by: another service leads");
                standingBy = true;
            }
            pause(STANDBY_POLL);
        }
    }

    private static boolean tryLock(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
            statement.setInt(1, LOCK_CLASS);
            statement.setInt(2, LOCK_LEADER);
            try (var rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    private void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closing.set(true);
        }
    }

    /// Stops refreshing, releases the lease, closes all connections. Idempotent.
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        Leadership leadership = current.get();
        if (leadership != null) {
            leadership.stop();
        } else {
            supervisor.interrupt();
        }
        try {
            supervisor.join(Duration.ofSeconds(15));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pool.close();
    }
}
