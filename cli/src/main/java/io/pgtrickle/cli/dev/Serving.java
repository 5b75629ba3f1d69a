package io.pgtrickle.cli.dev;

import io.pgtrickle.cli.connect.Target;
import io.pgtrickle.server.Service;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service in the foreground.
public final class Serving {
    private static final Logger log = LoggerFactory.getLogger(Serving.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private Serving() {}

    /// Runs the service until the JVM is told to end.
    ///
    /// @param targets the databases, for the log
    /// @param config how to serve them
    public static void run(List<Target> targets, Service.Config config) {
        try (Shutdown shutdown = Shutdown.atExit()) {
            targets.forEach(it -> log.info("Serving {}", it));
            Service service = shutdown.open(() -> Service.start(config));
            boolean leads = service.awaitLeadership(LOOK);
            if (!leads) {
                log.info(
                        "Standing by: another service leads, or a database is not there yet or a standby");
            }
            while (!leads && !shutdown.await(Duration.ZERO)) {
                leads = service.awaitLeadership(LOOK);
            }
            log.info(leads ? "Leading: stream tables are refreshed when they are due" : "Ending");
            while (!shutdown.await(LOOK.multipliedBy(60))) {
                log.debug("Serving");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The address of a database.
    public static Service.Address address(Target target) {
        return new Service.Address(target.jdbcUrl(), target.user(), target.password().orElse(""));
    }
}
