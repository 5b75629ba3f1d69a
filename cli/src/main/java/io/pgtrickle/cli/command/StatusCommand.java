package io.pgtrickle.cli.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Shows a stream table.
@Command(name = "status", description = "Show all about one stream table.")
final class StatusCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    StatusCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        result.output(session).print(Descriptions.of(database.tables(session).status(name)));
        return ExitCodes.OK;
    }
}
