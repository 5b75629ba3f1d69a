package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Column;
import io.pgtrickle.cli.output.Sheet;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.api.StreamTableStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the stream tables.
@Command(name = "list", description = "List the stream tables.")
final class ListCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    private static final List<Column> COLUMNS =
            List.of(
                    Column.of("name"),
                    Column.of("status"),
                    Column.of("mode"),
                    Column.of("schedule"),
                    Column.span("staleness"),
                    Column.of("last refresh"),
                    Column.of("errors"));

    ListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<List<Value>> rows =
                database.tables(session).list().stream().map(ListCommand::row).toList();
        result.output(session).print(new Sheet(COLUMNS, rows));
        return ExitCodes.OK;
    }

    private static List<Value> row(StreamTableStatus table) {
        return List.of(
                Value.of(table.name()),
                Value.of(table.status()),
                Value.of(table.mode().name()),
                Descriptions.schedule(table),
                Value.of(table.staleness(), Value::of),
                Value.of(table.lastRefreshAt(), Value.Moment::new),
                Value.of(table.consecutiveErrors()));
    }
}
