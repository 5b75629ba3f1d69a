package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Output;
import io.pgtrickle.runtime.api.Explanation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Explains how a stream table is maintained.
@Command(
        name = "explain",
        description = "Show how a stream table is maintained: operators, storage, delta SQL.")
final class ExplainCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    ExplainCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Explanation explanation = database.tables(session).explain(name);
        Output output = result.output(session);
        output.warn(explanation.warnings());
        output.print(Descriptions.of(explanation));
        return ExitCodes.OK;
    }
}
