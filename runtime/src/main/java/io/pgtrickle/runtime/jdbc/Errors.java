package io.pgtrickle.runtime.jdbc;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// What a database error means, decided by its SQLSTATE and never by its text.
public final class Errors {
    /// The SQLSTATE of who may not do what he tried.
    public static final String MISSING_RIGHT = "42501";

    private static final Set<String> CONCURRENCY = Set.of("40001", "40P01");

    private Errors() {}

    /// Whether the transaction may succeed when it is simply run again: serialization failure,
    /// deadlock, or a prepared statement that a pooler dropped.
    public static boolean isConcurrency(SQLException error) {
        return CONCURRENCY.contains(sqlState(error)) || isUnknownPreparedStatement(error);
    }

    /// Whether a prepared statement is not there any more.
    public static boolean isUnknownPreparedStatement(SQLException error) {
        return sqlState(error).equals("26000");
    }

    /// Whether a role may not do what it tried.
    public static boolean isMissingRight(SQLException error) {
        return sqlState(error).equals(MISSING_RIGHT);
    }

    /// Whether an expression could not be computed for a value: classes 21, 22 and 23.
    public static boolean isDataError(String sqlState) {
        return sqlState.startsWith("21") || sqlState.startsWith("22") || sqlState.startsWith("23");
    }

    /// Whether a query as such does not work, so that it is useless to try it again before
    /// something else changes. Missing rights are not meant: they are given without a trace in the
    /// query.
    public static boolean isDefinitionError(String sqlState) {
        return switch (sqlState.substring(0, 2)) {
            case "0A", "22", "2B", "3F", "42", "54" -> !sqlState.equals("42501");
            default -> false;
        };
    }

    /// The SQLSTATE, `XX000` when there is none.
    public static String sqlState(SQLException error) {
        String state = error.getSQLState();
        return state == null ? "XX000" : state;
    }

    /// The message without the severity and the lines the driver adds.
    public static String message(SQLException error) {
        if (error instanceof PSQLException postgres) {
            ServerErrorMessage server = postgres.getServerErrorMessage();
            if (server != null && server.getMessage() != null) {
                return server.getMessage();
            }
        }
        return String.valueOf(error.getMessage());
    }

    /// The same error as one of ours: SQLSTATE, message, DETAIL, HINT and position are PostgreSQL's
    /// own.
    public static PgTrickleException translate(SQLException error) {
        PgTrickleException.Builder builder =
                PgTrickleException.of(sqlState(error), message(error)).cause(error);
        if (error instanceof PSQLException postgres) {
            ServerErrorMessage server = postgres.getServerErrorMessage();
            if (server != null) {
                builder.detail(server.getDetail()).hint(server.getHint());
                builder.position(Math.max(server.getPosition(), server.getInternalPosition()));
            }
        }
        return builder.build();
    }
}
