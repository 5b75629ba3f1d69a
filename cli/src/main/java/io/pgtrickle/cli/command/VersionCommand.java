package io.pgtrickle.cli.command;

import io.pgtrickle.cli.embedded.ServerVersion;
import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows versions.
@Command(name = "version", description = "Show the versions of pgtrickle, its PostgreSQL and Java.")
final class VersionCommand implements Callable<Integer> {
    private final Session session;

    @Mixin private final ResultOptions result = new ResultOptions();

    VersionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Facts facts =
                Facts.none()
                        .with("pgtrickle", Value.of(Build.version()))
                        .with("embedded postgresql", Value.of(ServerVersion.packaged().text()))
                        .with("java", Value.of(System.getProperty("java.version", "")));
        result.output(session).print(facts);
        return ExitCodes.OK;
    }
}
