package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.util.Locale;

/// How a stream table is kept up to date.
public enum RefreshMode {
    /// Differential where the query allows it, full otherwise.
    AUTO,
    /// Recompute, compare, apply the difference.
    FULL,
    /// Apply only what changed.
    DIFFERENTIAL,
    /// Apply what changed within the transaction that changes it.
    IMMEDIATE;

    /// Parses a mode, case-insensitively. `INCREMENTAL` is an alias of `DIFFERENTIAL`.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023 for anything else
    public static RefreshMode parse(String text) {
        return switch (text.strip().toUpperCase(Locale.ROOT)) {
            case "AUTO" -> AUTO;
            case "FULL" -> FULL;
            case "DIFFERENTIAL", "INCREMENTAL" -> DIFFERENTIAL;
            case "IMMEDIATE" -> IMMEDIATE;
            default ->
                    throw PgTrickleException.invalidArgument(
                            "invalid argument: refresh mode \"" + text + "\"",
                            "The refresh mode decides how a stream table is kept up to date.",
                            "Use one of AUTO, FULL, DIFFERENTIAL, IMMEDIATE.");
        };
    }
}
