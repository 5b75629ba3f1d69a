package io.pgtrickle.cli.command;

import java.util.Optional;
import picocli.CommandLine.Option;

/// How many refreshes the service runs at the same time.
final class WorkerOptions {
    private static final int DEFAULT = 4;

    /// The most that a setting can ask for.
    private static final int MOST = 64;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = {
                "Refreshes that may run at the same time, of all databases together, whatever their settings say.",
                "Default: pg_trickle.max_dynamic_refresh_workers, "
                        + DEFAULT
                        + " where it is not set."
            })
    private Optional<Integer> workers = Optional.empty();

    /// Where no setting says so.
    ///
    /// @throws UsageException for less than one
    int start() {
        int start = workers.orElse(DEFAULT);
        if (start < 1) {
            throw new UsageException("--workers is at least 1");
        }
        return start;
    }

    /// Whatever settings say.
    int ceiling() {
        return workers.orElse(MOST);
    }
}
