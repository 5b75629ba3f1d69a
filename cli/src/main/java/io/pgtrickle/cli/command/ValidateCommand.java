package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Output;
import io.pgtrickle.runtime.api.Explanation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Tries a query out.
@Command(
        name = "validate",
        description = "Show how a query would be maintained, without creating anything.")
final class ValidateCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();
    @Mixin private final QueryOptions query = new QueryOptions();

    ValidateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Explanation explanation = database.tables(session).validate(query.required(session));
        Output output = result.output(session);
        output.warn(explanation.warnings());
        output.print(Descriptions.of(explanation));
        return ExitCodes.OK;
    }
}
