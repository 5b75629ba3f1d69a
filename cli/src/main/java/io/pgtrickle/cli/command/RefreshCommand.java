package io.pgtrickle.cli.command;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Refreshes a stream table.
@Command(name = "refresh", description = "Bring a stream table up to date now.")
final class RefreshCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    RefreshCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        RefreshOutcome outcome = database.tables(session).refresh(name);
        result.output(session)
                .print(Descriptions.sentence(name, outcome), Descriptions.of(outcome));
        return ExitCodes.OK;
    }
}
