package io.pgtrickle.runtime.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// The few ways in which we talk JDBC.
public final class Sql {
    private Sql() {}

    /// Reads one row.
    @FunctionalInterface
    public interface RowReader<T> {
        /// Reads the row the result set stands on.
        T read(ResultSet row) throws SQLException;
    }

    /// Work on a connection.
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        /// Does the work.
        T on(Connection connection) throws SQLException;
    }

    /// Executes a statement as it stands: no parameters, no JDBC escapes, question marks are
    /// operators.
    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    /// Executes statements one after the other.
    public static void executeAll(Connection connection, List<String> statements)
            throws SQLException {
        for (String sql : statements) {
            execute(connection, sql);
        }
    }

    /// The only row of a SELECT as it stands.
    public static <T> T one(Connection connection, String sql, RowReader<T> reader)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet rows = statement.executeQuery(sql)) {
                if (!rows.next()) {
                    throw new SQLException("no row from: " + sql, "02000");
                }
                return reader.read(rows);
            }
        }
    }

    /// All rows of a SELECT with parameters.
    public static <T> List<T> query(
            Connection connection, String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<T> all = new ArrayList<>();
            while (rows.next()) {
                all.add(reader.read(rows));
            }
            return all;
        }
    }

    /// The first row of a SELECT with parameters.
    public static <T> Optional<T> first(
            Connection connection, String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        return query(connection, sql, reader, parameters).stream().findFirst();
    }

    /// Executes a statement with parameters.
    ///
    /// @return the number of rows changed
    public static int update(Connection connection, String sql, @Nullable Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static PreparedStatement prepare(
            Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    /// How much of other transactions a transaction sees.
    public enum Isolation {
        /// Each statement has a snapshot of its own.
        READ_COMMITTED,
        /// All statements have the snapshot of the first.
        REPEATABLE_READ
    }

    /// Runs work in a transaction; rolls back when it throws.
    public static <T extends @Nullable Object> T inTransaction(
            Connection connection, Isolation isolation, Work<T> work) throws SQLException {
        return inTransaction(connection, isolation, "", work);
    }

    /// Runs work in a transaction that begins with `settings`, SET LOCAL commands; rolls back when
    /// it throws.
    public static <T extends @Nullable Object> T inTransaction(
            Connection connection, Isolation isolation, String settings, Work<T> work)
            throws SQLException {
        connection.setAutoCommit(false);
        try {
            String level =
                    switch (isolation) {
                        case READ_COMMITTED -> "READ COMMITTED";
                        case REPEATABLE_READ -> "REPEATABLE READ";
                    };
            execute(connection, "SET TRANSACTION ISOLATION LEVEL " + level + ";" + settings);
            T result = work.on(connection);
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException | Error failure) {
            rollback(connection, failure);
            throw failure;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            // As a text: what the driver has prepared may have been replaced by code in the
            // transaction.
            execute(connection, "ROLLBACK");
        } catch (SQLException suppressed) {
            failure.addSuppressed(suppressed);
        }
    }

    /// Runs work on a connection of the data source; database errors leave as [PgTrickleException].
    public static <T extends @Nullable Object> T with(DataSource dataSource, Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            return work.on(connection);
        } catch (SQLException e) {
            throw Errors.translate(e);
        }
    }
}
