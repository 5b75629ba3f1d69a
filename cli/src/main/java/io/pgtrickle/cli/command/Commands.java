package io.pgtrickle.cli.command;

import io.pgtrickle.runtime.api.RefreshMode;
import picocli.CommandLine;

/// All commands, wired.
public final class Commands {
    private Commands() {}

    /// The command line of a session.
    public static CommandLine commandLine(Session session) {
        CommandLine line =
                new CommandLine(new PgtrickleCommand())
                        .addSubcommand(new DevCommand(session))
                        .addSubcommand(new ServeCommand(session))
                        .addSubcommand(new InstallCommand(session))
                        .addSubcommand(new UninstallCommand(session))
                        .addSubcommand(new ExtensionCommand(session))
                        .addSubcommand(new CreateCommand(session))
                        .addSubcommand(new AlterCommand(session))
                        .addSubcommand(new DropCommand(session))
                        .addSubcommand(new RefreshCommand(session))
                        .addSubcommand(new ListCommand(session))
                        .addSubcommand(new StatusCommand(session))
                        .addSubcommand(new ExplainCommand(session))
                        .addSubcommand(new HistoryCommand(session))
                        .addSubcommand(new ValidateCommand(session))
                        .addSubcommand(new VersionCommand(session));
        return line.registerConverter(RefreshMode.class, CommandText::mode)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOptionsCaseInsensitive(false)
                .setUsageHelpAutoWidth(true)
                .setOut(session.out())
                .setErr(session.err())
                .setExecutionExceptionHandler(new ErrorReport());
    }
}
