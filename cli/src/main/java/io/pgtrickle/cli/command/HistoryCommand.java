package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Column;
import io.pgtrickle.cli.output.Sheet;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.api.HistoryEntry;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows the refresh history.
@Command(name = "history", description = "Show the last refreshes of a stream table, newest first.")
final class HistoryCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "How many (default: ${DEFAULT-VALUE}).")
    private int limit = 20;

    private static final List<Column> COLUMNS =
            List.of(
                    Column.of("id"),
                    Column.of("start time"),
                    Column.of("action"),
                    Column.of("status"),
                    Column.of("changes"),
                    Column.of("rows inserted"),
                    Column.of("rows deleted"),
                    Column.span("duration"),
                    Column.of("initiated by"),
                    Column.of("error"));

    HistoryCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (limit < 1) {
            throw new UsageException("--limit is at least 1");
        }
        List<List<Value>> rows =
                database.tables(session).history(name, limit).stream()
                        .map(HistoryCommand::row)
                        .toList();
        result.output(session).print(new Sheet(COLUMNS, rows));
        return ExitCodes.OK;
    }

    private static List<Value> row(HistoryEntry entry) {
        return List.of(
                Value.of(entry.id()),
                new Value.Moment(entry.startTime()),
                Value.of(entry.action()),
                Value.of(entry.status()),
                Value.of(entry.deltaRows()),
                Value.of(entry.rowsInserted()),
                Value.of(entry.rowsDeleted()),
                Value.of(entry.duration(), Value::of),
                Value.of(entry.initiatedBy(), Value::of),
                Value.of(entry.errorMessage(), Value::of));
    }
}
