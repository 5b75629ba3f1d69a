package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.Target;
import io.pgtrickle.cli.dev.LogLevel;
import io.pgtrickle.cli.dev.Serving;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs the service.
@Command(
        name = "serve",
        description = "Run the service: refresh the stream tables of a database when they are due.")
final class ServeCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Refreshes that may run at the same time (default: ${DEFAULT-VALUE}).")
    private int workers = 4;

    @Mixin private final CallOptions calls = new CallOptions();

    ServeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (workers < 1) {
            throw new UsageException("--workers is at least 1");
        }
        Target target = database.target(session);
        LogLevel.showProgress();
        Serving.run(target, workers, calls.address());
        return ExitCodes.OK;
    }
}
