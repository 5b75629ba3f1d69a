package io.pgtrickle.cli.command;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import picocli.CommandLine.TypeConversionException;

/// Reads arguments.
final class CommandText {
    private CommandText() {}

    static RefreshMode mode(String text) {
        try {
            return RefreshMode.parse(text);
        } catch (PgTrickleException e) {
            throw new TypeConversionException(
                    "\"" + text + "\" is not one of auto, full, differential");
        }
    }

    static String status(String text) {
        return switch (text) {
            case "active" -> "ACTIVE";
            case "suspended" -> "SUSPENDED";
            default ->
                    throw new UsageException(
                            "--status is active or suspended, not \"" + text + "\"");
        };
    }
}
