package io.pgtrickle.tests.endpoint;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// A session of a role that is no superuser and calls the endpoint through dblink. Not thread-safe.
final class Caller implements AutoCloseable {
    private static final AtomicInteger ROLES = new AtomicInteger();

    private final Session session;
    private final String role;

    /// @param connection of a superuser, to a database with dblink; closed with this
    Caller(Connection connection) {
        this.session = new Session(connection);
        this.role = "pgt_caller_" + ProcessHandle.current().pid() + "_" + ROLES.incrementAndGet();
        session.execute("CREATE ROLE " + role, "SET SESSION AUTHORIZATION " + role);
    }

    /// Opens a connection of dblink.
    void connect(String name, String address) throws SQLException {
        query("SELECT dblink_connect(?, ?)", name, address);
    }

    void disconnect(String name) throws SQLException {
        query("SELECT dblink_disconnect(?)", name);
    }

    /// Calls and returns the answer, which must be one row.
    String call(String name, String request) throws SQLException {
        return query(
                "SELECT string_agg(answer, '<two rows>') FROM dblink(?,"
                        + " 'SELECT pgtrickle.call(' || quote_literal(?) || ')') AS t (answer text)",
                name,
                request);
    }

    /// Asks for anything else.
    String ask(String name, String sql) throws SQLException {
        return query("SELECT * FROM dblink(?, ?) AS t (answer text)", name, sql);
    }

    String query(String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return String.valueOf(rows.getString(1));
            }
        }
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(sql);
        }
    }

    /// What the server said of an error.
    static ServerErrorMessage server(Throwable error) {
        ServerErrorMessage message =
                error instanceof PSQLException sql ? sql.getServerErrorMessage() : null;
        if (message == null) {
            throw new AssertionError("not an error of the server", error);
        }
        return message;
    }

    @Override
    public void close() {
        session.execute("RESET SESSION AUTHORIZATION", "DROP ROLE " + role);
        session.close();
    }
}
