package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.api.DropBehavior;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Drops a stream table.
@Command(name = "drop", description = "Drop a stream table.")
final class DropCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    @Parameters(paramLabel = "NAME", description = "The stream table, with its schema if needed.")
    private String name = "";

    @Option(names = "--cascade", description = "Drop the stream tables that read it as well.")
    private boolean cascade;

    DropCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        database.tables(session).drop(name, cascade ? DropBehavior.CASCADE : DropBehavior.RESTRICT);
        Facts facts = Facts.none().with("dropped", Value.of(name));
        result.output(session).print("Dropped stream table " + name, facts);
        return ExitCodes.OK;
    }
}
