package io.pgtrickle.bench;

import io.pgtrickle.server.Service;
import java.sql.SQLException;
import java.time.Duration;

/// A service on the database of an environment, for as long as something is measured.
final class Serving {
    /// How long anything may take that is waited for.
    static final Duration DEADLINE = Duration.ofSeconds(30);

    private Serving() {}

    /// What is measured.
    @FunctionalInterface
    interface Work {
        void run() throws SQLException, InterruptedException;
    }

    static void with(Environment environment, int workers, Work work) throws SQLException {
        Service.Config config = new Service.Config(environment.url(), "postgres", "", workers);
        try (Service service = Service.start(config)) {
            if (!service.awaitLeadership(DEADLINE)) {
                throw new IllegalStateException("the service does not lead");
            }
            work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
