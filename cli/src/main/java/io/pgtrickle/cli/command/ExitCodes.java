package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.InvalidUrlException;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.sql.SQLException;
import java.util.Set;

/// The exit codes, which are part of the interface.
public final class ExitCodes {
    /// Done.
    public static final int OK = 0;

    /// The database or pg_trickle refused, or something broke.
    public static final int REFUSED = 1;

    /// The command line is wrong.
    public static final int USAGE = 2;

    /// The stream table, or a table that a query reads, does not exist.
    public static final int NOT_FOUND = 3;

    /// No connection to the database.
    public static final int NO_CONNECTION = 4;

    /// No such database, too many connections, starting up or shutting down.
    private static final Set<String> CONNECTION_STATES =
            Set.of("3D000", "53300", "57P03", "57P01", "57P02");

    private ExitCodes() {}

    static int of(Throwable error) {
        return switch (error) {
            case UsageException _, InvalidUrlException _ -> USAGE;
            case PgTrickleException e -> ofSqlState(e.sqlState());
            case SQLException e when e.getSQLState() != null -> ofSqlState(e.getSQLState());
            default -> error.getCause() == null ? REFUSED : of(error.getCause());
        };
    }

    private static int ofSqlState(String state) {
        if (state.equals("42P01")) {
            return NOT_FOUND;
        }
        boolean connection =
                state.startsWith("08")
                        || state.startsWith("28")
                        || CONNECTION_STATES.contains(state);
        return connection ? NO_CONNECTION : REFUSED;
    }
}
