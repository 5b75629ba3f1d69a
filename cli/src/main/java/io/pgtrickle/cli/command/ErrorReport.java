package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.InvalidUrlException;
import io.pgtrickle.cli.embedded.EmbeddedPostgresException;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.PrintWriter;
import java.sql.SQLException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/// Says on the error stream why a command failed, and with which exit code it ends.
final class ErrorReport implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(
            Exception error, CommandLine command, ParseResult arguments) {
        PrintWriter err = command.getErr();
        switch (error) {
            case PgTrickleException e -> err.println(e.report());
            case SQLException e -> err.println("ERROR: " + e.getMessage());
            case EmbeddedPostgresException e -> err.println("ERROR: " + e.getMessage());
            case InvalidUrlException e -> err.println("ERROR: " + e.getMessage());
            case UsageException e -> {
                err.println(e.getMessage());
                err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
            }
            default -> {
                err.println("ERROR: pgtrickle failed unexpectedly");
                error.printStackTrace(err);
            }
        }
        err.flush();
        return ExitCodes.of(error);
    }
}
