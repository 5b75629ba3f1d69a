package io.pgtrickle.server;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.session.JdbcSession;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/// Opens connections to one database. Immutable.
final class Connections {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    /// When a connection that is not needed any more is closed.
    private static final Duration IDLE = Duration.ofMinutes(1);

    /// The dedicated connections run only short statements: no answer for so long means that nobody
    /// is there.
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /// Compiling a refresh statement to machine code costs more than it saves.
    private static final String INIT = "SET jit = off; " + JdbcSession.ENGINE_SETTINGS;

    /// Beside those of refreshes: one cleans, one looks at what is not committed yet.
    static final int SPARE = 2;

    private final Service.Address address;

    Connections(Service.Address address) {
        this.address = address;
    }

    /// A connection of its own, in autocommit mode.
    Connection dedicated(String applicationName) throws SQLException {
        Properties properties = properties(applicationName);
        properties.setProperty("socketTimeout", Long.toString(ANSWER.toSeconds()));
        Connection connection = DriverManager.getConnection(address.url(), properties);
        try {
            Sql.execute(connection, JdbcSession.CONNECTION_SETTINGS);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /// A pool that connects when a connection is asked for.
    ///
    /// @param workers how many refreshes it is for
    /// @param idle how many connections are kept while nothing happens
    /// @param first executed by each new session before it is used
    HikariDataSource pool(int workers, int idle, String first) {
        HikariConfig hikari = new HikariConfig();
        hikari.setPoolName("pg_trickle");
        hikari.setJdbcUrl(address.url());
        hikari.setDataSourceProperties(properties("pg_trickle"));
        hikari.setConnectionInitSql(INIT + "; " + first);
        hikari.setMaximumPoolSize(workers + SPARE);
        hikari.setMinimumIdle(idle);
        if (idle < hikari.getMaximumPoolSize()) {
            hikari.setIdleTimeout(IDLE.toMillis());
        }
        hikari.setConnectionTimeout(CONNECT.toMillis());
        hikari.setInitializationFailTimeout(-1);
        return new HikariDataSource(hikari);
    }

    private Properties properties(String applicationName) {
        Properties properties = new Properties();
        if (!address.user().isEmpty()) {
            properties.setProperty("user", address.user());
        }
        if (!address.password().isEmpty()) {
            properties.setProperty("password", address.password());
        }
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", Long.toString(CONNECT.toSeconds()));
        properties.setProperty("tcpKeepAlive", "true");
        // Then its name is a part of how the session begins, and is what RESET ALL leaves.
        properties.setProperty("assumeMinServerVersion", "16");
        return properties;
    }
}
