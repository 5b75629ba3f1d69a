package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Output;
import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.refresh.Partitioning;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Creates a stream table.
@Command(name = "create", description = "Create a stream table from a query and fill it.")
final class CreateCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();
    @Mixin private final QueryOptions query = new QueryOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    @Option(
            names = "--schedule",
            paramLabel = "TIME",
            description =
                    "How stale it may become, such as 500ms or 1m30s; cron in UTC, such as '0 6 * * *'; or calculated (default).")
    private String schedule = StreamTableDefinition.DEFAULT_SCHEDULE;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description = "auto, full or differential (default: auto).")
    private RefreshMode mode = RefreshMode.AUTO;

    @Option(
            names = "--partition-by",
            paramLabel = "KEY",
            description =
                    "Divide the table by COL[,COL] (ranges), LIST:COL or HASH:COL[:N] (default: not divided).")
    private String partitioning = "";

    CreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        StreamTableDefinition definition =
                StreamTableDefinition.of(name, query.required(session))
                        .withSchedule(schedule)
                        .withMode(mode)
                        .withPartitioning(Partitioning.parse(partitioning));
        CreateOutcome outcome = database.tables(session).create(definition);
        Output output = result.output(session);
        output.warn(outcome.warnings());
        output.print(
                Descriptions.sentence("Created", outcome), Descriptions.of(outcome.streamTable()));
        return ExitCodes.OK;
    }
}
