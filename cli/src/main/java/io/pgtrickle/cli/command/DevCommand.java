package io.pgtrickle.cli.command;

import io.pgtrickle.cli.dev.Development;
import io.pgtrickle.cli.dev.LogLevel;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Runs a development instance.
@Command(
        name = "dev",
        description =
                "Start a PostgreSQL of its own with pg_trickle and the service, until Ctrl-C.")
final class DevCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--demo",
            description =
                    "Create a small shop with four stream tables, write to it, and show how they keep up.")
    private boolean demo;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "Where the data stays between runs (default: in your home; for root /var/lib/pgtrickle).")
    private Optional<Path> dataDirectory = Optional.empty();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "Where PostgreSQL listens, on loopback (default: 54329, or a free port when it is taken).")
    private Optional<Integer> port = Optional.empty();

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Refreshes that may run at the same time (default: ${DEFAULT-VALUE}).")
    private int workers = 4;

    DevCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws SQLException {
        if (workers < 1) {
            throw new UsageException("--workers is at least 1");
        }
        if (port.filter(number -> number < 0 || number > 65_535).isPresent()) {
            throw new UsageException("--port is a number from 1 to 65535, or 0 for a free one");
        }
        LogLevel.showProgress();
        new Development(session.out(), dataDirectory, port, workers)
                .run(demo ? Development.Content.DEMO : Development.Content.NOTHING);
        return ExitCodes.OK;
    }
}
