package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.Target;
import io.pgtrickle.cli.dev.LogLevel;
import io.pgtrickle.cli.dev.Serving;
import io.pgtrickle.server.Service;
import io.pgtrickle.server.calls.CallAddress;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Runs the service.
@Command(
        name = "serve",
        description = {
            "Run the service: refresh the stream tables of a database, or of several, when they are due.",
            "Options can be in a file, one a line: pgtrickle serve @FILE"
        })
final class ServeCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final ServedDatabases databases = new ServedDatabases();

    @Mixin private final WorkerOptions workers = new WorkerOptions();

    @Mixin private final CallOptions calls = new CallOptions();

    ServeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        int start = workers.start();
        List<Target> targets = databases.targets(session);
        CallAddress address = calls.address(targets.size());
        LogLevel.showProgress();
        Serving.run(
                targets,
                new Service.Config(targets.stream().map(Serving::address).toList(), start)
                        .withCeiling(workers.ceiling())
                        .withCalls(address));
        return ExitCodes.OK;
    }
}
