package io.pgtrickle.cli.command;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The command above all others.
@Command(
        name = "pgtrickle",
        description =
                "Keeps the results of SQL queries fresh inside PostgreSQL by applying only what changed.",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0  done",
            "  1  the database or pg_trickle refused; the reason is on standard error",
            "  2  the command line is wrong, or names no database",
            "  3  not found: a stream table, or a table that a query reads",
            "  4  no connection to the database",
            "",
            "Warnings and errors go to standard error, results to standard output.",
            "Try first: pgtrickle dev --demo"
        })
final class PgtrickleCommand implements Callable<Integer> {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show what a command does and its options.")
    private boolean help;

    @Spec private CommandSpec spec = CommandSpec.create();

    /// Without a command there is nothing to do.
    @Override
    public Integer call() {
        if (!help) {
            spec.commandLine().usage(spec.commandLine().getErr());
        }
        return ExitCodes.USAGE;
    }
}
