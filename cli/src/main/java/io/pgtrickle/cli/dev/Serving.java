package io.pgtrickle.cli.dev;

import io.pgtrickle.cli.connect.Target;
import io.pgtrickle.server.Service;
import io.pgtrickle.server.calls.CallAddress;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service in the foreground.
public final class Serving {
    private static final Logger log = LoggerFactory.getLogger(Serving.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private Serving() {}

    /// Runs the service until the JVM is told to end.
    ///
    /// @param calls where calls of the SQL API are taken
    public static void run(Target target, int workers, CallAddress calls) {
        try (Shutdown shutdown = Shutdown.atExit()) {
            log.info("Serving {}", target);
            Service service = shutdown.open(() -> Service.start(config(target, workers, calls)));
            boolean leads = service.awaitLeadership(LOOK);
            if (!leads) {
                log.info(
                        "Standing by: another service leads, or the database is not there yet or a standby");
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

    private static Service.Config config(Target target, int workers, CallAddress calls) {
        return new Service.Config(
                        target.jdbcUrl(), target.user(), target.password().orElse(""), workers)
                .withCalls(calls);
    }
}
