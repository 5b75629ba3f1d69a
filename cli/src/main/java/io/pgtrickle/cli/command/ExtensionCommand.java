package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.catalog.ExtensionFiles;
import io.pgtrickle.runtime.catalog.Release;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Writes the files of the extension.
@Command(
        name = "extension",
        description = {
            "Write the files of CREATE EXTENSION pg_trickle, for those who own the server.",
            "They belong into the directory extension below \"pg_config --sharedir\"."
        })
final class ExtensionCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "DIRECTORY",
            description = "Where to write them; it is made if needed.")
    private Path directory = Path.of("");

    @Mixin private final ResultOptions result = new ResultOptions();

    ExtensionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        String names =
                ExtensionFiles.write(Release.CURRENT, directory).stream()
                        .map(it -> String.valueOf(it.getFileName()))
                        .collect(Collectors.joining(", "));
        result.output(session)
                .print(
                        "Wrote " + names + " to " + directory,
                        Facts.none()
                                .with("version", Value.of(Release.CURRENT.version()))
                                .with("files", Value.of(names)));
        return ExitCodes.OK;
    }
}
