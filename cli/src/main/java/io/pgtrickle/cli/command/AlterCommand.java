package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Output;
import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.RefreshMode;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Changes a stream table.
@Command(
        name = "alter",
        description = "Change the query, schedule, mode, status or partitions of a stream table.")
final class AlterCommand implements Callable<Integer> {
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
                    "How stale it may become, such as 500ms or 1m30s; cron in UTC, such as '0 6 * * *'; or calculated (default: unchanged).")
    private Optional<String> schedule = Optional.empty();

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description = "auto, full or differential (default: unchanged).")
    private Optional<RefreshMode> mode = Optional.empty();

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            description = "active or suspended (default: unchanged).")
    private Optional<String> status = Optional.empty();

    @Option(
            names = "--partition-by",
            paramLabel = "KEY",
            description =
                    "Another division of the table: COL[,COL], LIST:COL or HASH:COL[:N]; '' for none (default: unchanged).")
    private Optional<String> partitioning = Optional.empty();

    AlterCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Alteration alteration =
                new Alteration(
                        query.text(session),
                        schedule,
                        mode,
                        status.map(CommandText::status),
                        partitioning);
        if (alteration.equals(Alteration.none())) {
            throw new UsageException(
                    "Nothing to change: use --query, --file, --schedule, --mode, --status or --partition-by");
        }
        CreateOutcome outcome = database.tables(session).alter(name, alteration);
        Output output = result.output(session);
        output.warn(outcome.warnings());
        output.print(
                Descriptions.sentence("Altered", outcome), Descriptions.of(outcome.streamTable()));
        return ExitCodes.OK;
    }
}
