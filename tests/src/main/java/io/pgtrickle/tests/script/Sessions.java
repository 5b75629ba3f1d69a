package io.pgtrickle.tests.script;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/// The connections of one script: pooled ones for the library, and numbered ones that keep their
/// transactions. All have the script's schema as search path. One thread.
final class Sessions implements AutoCloseable {
    private final DataSource pool;
    private final String schema;
    private final Map<Integer, Connection> numbered = new TreeMap<>();

    Sessions(DataSource pool, String schema) {
        this.pool = pool;
        this.schema = schema;
    }

    /// What the library is given.
    DataSource dataSource() {
        return new InSchema();
    }

    /// A connection for one use.
    Connection checkout() throws SQLException {
        return prepared("0");
    }

    private Connection prepared(String lockTimeout) throws SQLException {
        Connection connection = pool.getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET search_path = "
                            + schema
                            + "; SET lock_timeout = '"
                            + lockTimeout
                            + "'; SET statement_timeout = '20s'");
        }
        return connection;
    }

    /// A numbered connection. It does not wait for others: they are of the same thread.
    Connection numbered(int number) throws SQLException {
        Connection known = numbered.get(number);
        if (known == null) {
            known = prepared("30ms");
            numbered.put(number, known);
        }
        return known;
    }

    /// Whether a connection's transaction has failed, so that it can only be rolled back.
    static boolean isAborted(Connection connection) throws SQLException {
        return connection.unwrap(BaseConnection.class).getTransactionState()
                == TransactionState.FAILED;
    }

    /// Ends all transactions and gives the connections back.
    @Override
    public void close() throws SQLException {
        for (Connection connection : numbered.values()) {
            try (connection;
                    Statement statement = connection.createStatement()) {
                statement.execute("ROLLBACK");
            }
        }
        numbered.clear();
    }

    private final class InSchema implements DataSource {
        @Override
        public Connection getConnection() throws SQLException {
            return checkout();
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            throw new SQLFeatureNotSupportedException();
        }

        @Override
        public @Nullable PrintWriter getLogWriter() {
            return null;
        }

        @Override
        public void setLogWriter(@Nullable PrintWriter out) {}

        @Override
        public void setLoginTimeout(int seconds) {}

        @Override
        public int getLoginTimeout() {
            return 0;
        }

        @Override
        public Logger getParentLogger() throws SQLFeatureNotSupportedException {
            throw new SQLFeatureNotSupportedException();
        }

        @Override
        public <T> T unwrap(Class<T> type) throws SQLException {
            throw new SQLException("not a wrapper");
        }

        @Override
        public boolean isWrapperFor(Class<?> type) {
            return false;
        }
    }
}
