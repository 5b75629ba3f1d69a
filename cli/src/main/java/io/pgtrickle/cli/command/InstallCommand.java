package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Installs pg_trickle in the database.
@Command(name = "install", description = "Install or upgrade pg_trickle in the database.")
final class InstallCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final DatabaseOptions database = new DatabaseOptions();
    @Mixin private final ResultOptions result = new ResultOptions();

    InstallCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        String version = database.tables(session).install();
        Facts facts = Facts.none().with("schema version", Value.of(version));
        result.output(session).print("pg_trickle " + version + " is installed", facts);
        return ExitCodes.OK;
    }
}
