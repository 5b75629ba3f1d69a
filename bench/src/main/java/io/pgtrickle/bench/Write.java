package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/// A write to a table of [Twins], as it is timed.
enum Write {
    BULK_UPDATE(
            "UPDATE of 10,000 rows", Columns.ALL, "UPDATE %s SET a = a + 1, amount = amount + 1"),
    BULK_INSERT("INSERT of 10,000 rows", Columns.ALL, Statements.INSERT),
    BULK_DELETE("DELETE of 10,000 rows", Columns.ALL, Statements.DELETE),
    UNREAD_UPDATE("UPDATE of 10,000 rows, unread column", Columns.NOT_B, "UPDATE %s SET b = b + 1"),
    SINGLE_ROW("single-row UPDATE transaction", Columns.ALL, Statements.SINGLE),
    SINGLE_ROW_ASYNC("the same, synchronous_commit = off", Columns.ALL, Statements.SINGLE);

    private final String title;
    private final String read;
    private final String statement;

    Write(String title, String read, String statement) {
        this.title = title;
        this.read = read;
        this.statement = statement;
    }

    private static final class Columns {
        static final String ALL = "id, a, b, amount";
        static final String NOT_B = "id, a, amount";
    }

    private static final class Statements {
        static final String INSERT =
                "INSERT INTO %s SELECT i, i, i, i / 100.0 FROM generate_series(10001, 20000) i";
        static final String DELETE = "DELETE FROM %s WHERE id > 10000";
        static final String SINGLE = "UPDATE %s SET a = a + 1 WHERE id = ?";
    }

    String title() {
        return title;
    }

    /// The columns that the stream table reads.
    String read() {
        return read;
    }

    /// Whether the write leaves anything in the change buffer.
    boolean isCaptured() {
        return this != UNREAD_UPDATE;
    }

    /// What brings the table into the state that the write expects, not timed.
    List<String> before() {
        return switch (this) {
            case BULK_DELETE -> List.of(Statements.INSERT);
            case SINGLE_ROW_ASYNC -> List.of("SET synchronous_commit = off");
            case BULK_UPDATE, BULK_INSERT, UNREAD_UPDATE, SINGLE_ROW -> List.of();
        };
    }

    /// What undoes it where the next one needs that, not timed.
    List<String> after() {
        return switch (this) {
            case BULK_INSERT -> List.of(Statements.DELETE);
            case SINGLE_ROW_ASYNC -> List.of("RESET synchronous_commit");
            case BULK_UPDATE, BULK_DELETE, UNREAD_UPDATE, SINGLE_ROW -> List.of();
        };
    }

    /// Writes to `table`, in autocommit mode.
    ///
    /// @return milliseconds of one transaction
    double time(Connection connection, String table, int transactions) throws SQLException {
        return switch (this) {
            case BULK_UPDATE, BULK_INSERT, BULK_DELETE, UNREAD_UPDATE ->
                    Stopwatch.time(() -> Sql.execute(connection, statement.formatted(table)));
            case SINGLE_ROW, SINGLE_ROW_ASYNC -> single(connection, table, transactions);
        };
    }

    private double single(Connection connection, String table, int transactions)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(statement.formatted(table))) {
            double elapsed =
                    Stopwatch.time(() -> {
                        for (int i = 1; i <= transactions; i++) {
                            update.setInt(1, i);
                            update.executeUpdate();
                        }
                    });
            return elapsed / transactions;
        }
    }
}
