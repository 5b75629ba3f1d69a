package io.pgtrickle.tests.postgres;

import io.pgtrickle.runtime.api.StreamTables;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/// A database of its own for a test. Not thread-safe, except for what it hands out.
public final class TestDatabase implements AutoCloseable {
    private final TestServer server;
    private final String name;
    private final DataSource dataSource;

    TestDatabase(TestServer server, String name) {
        this.server = server;
        this.name = name;
        this.dataSource = server.dataSource(name);
    }

    /// Its name.
    public String name() {
        return name;
    }

    /// Its JDBC URL.
    public String url() {
        return server.url(name);
    }

    /// Connections, not pooled.
    public DataSource dataSource() {
        return dataSource;
    }

    /// Its stream tables.
    public StreamTables streamTables() {
        return StreamTables.on(dataSource);
    }

    /// A connection that the caller closes.
    public Session session() {
        try {
            return new Session(dataSource.getConnection());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Runs statements, each in its own transaction.
    public void execute(String... statements) {
        try (Session session = session()) {
            session.execute(statements);
        }
    }

    /// Has changes applied or everything recomputed by what that costs, as users have, in sessions
    /// that begin from now on.
    ///
    /// @return this
    public TestDatabase weighingCosts() {
        execute("ALTER DATABASE " + name + " RESET pg_trickle.refresh_strategy");
        return this;
    }

    /// A query's rows as text, NULL as `null`.
    public List<List<String>> query(String sql) {
        try (Session session = session()) {
            return session.query(sql);
        }
    }

    /// A query's only value as text.
    public String value(String sql) {
        return query(sql).getFirst().getFirst();
    }

    /// Drops the database.
    @Override
    public void close() {
        server.drop(name);
    }

    /// One connection.
    public static final class Session implements AutoCloseable {
        private final Connection connection;

        /// Takes over the connection.
        public Session(Connection connection) {
            this.connection = connection;
        }

        /// The connection itself.
        public Connection connection() {
            return connection;
        }

        /// Runs statements.
        public void execute(String... statements) {
            for (String sql : statements) {
                try (Statement statement = connection.createStatement()) {
                    statement.setEscapeProcessing(false);
                    statement.execute(sql);
                } catch (SQLException e) {
                    throw new IllegalStateException(sql + ": " + e.getMessage(), e);
                }
            }
        }

        /// A query's rows as text, NULL as `null`.
        public List<List<String>> query(String sql) {
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                try (ResultSet rows = statement.executeQuery(sql)) {
                    int width = rows.getMetaData().getColumnCount();
                    List<List<String>> found = new ArrayList<>();
                    while (rows.next()) {
                        List<String> row = new ArrayList<>();
                        for (int i = 1; i <= width; i++) {
                            row.add(String.valueOf((Object) rows.getString(i)));
                        }
                        found.add(row);
                    }
                    return found;
                }
            } catch (SQLException e) {
                throw new IllegalStateException(sql + ": " + e.getMessage(), e);
            }
        }

        /// A query's only value as text.
        public String value(String sql) {
            return query(sql).getFirst().getFirst();
        }

        @Override
        public void close() {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
