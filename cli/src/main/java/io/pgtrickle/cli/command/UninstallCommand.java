package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Removes pg_trickle from the database.
@Command(
        name = "uninstall",
        description = "Remove pg_trickle and all its stream tables from the database.")
final class UninstallCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    UninstallCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        database.tables(session).uninstall();
        Facts facts = Facts.none().with("uninstalled", new Value.Flag(true));
        result.output(session).print("pg_trickle is removed", facts);
        return ExitCodes.OK;
    }
}
