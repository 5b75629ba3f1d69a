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

    /// The dedicated connections run only short statements: no answer for so long means that nobody
    /// is there.
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /// Compiling a refresh statement to machine code costs more than it saves.
    private static final String INIT = "SET jit = off; " + JdbcSession.ENGINE_SETTINGS;

    private final Service.Config config;

    Connections(Service.Config config) {
        this.config = config;
    }

    /// A connection of its own, in autocommit mode.
    Connection dedicated(String applicationName) throws SQLException {
        Properties properties = properties(applicationName);
        properties.setProperty("socketTimeout", Long.toString(ANSWER.toSeconds()));
        Connection connection = DriverManager.getConnection(config.url(), properties);
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
    /// @param first executed by each new session before it is used
    HikariDataSource pool(int size, String first) {
        HikariConfig hikari = new HikariConfig();
        hikari.setPoolName("pg_trickle");
        hikari.setJdbcUrl(config.url());
        hikari.setDataSourceProperties(properties("pg_trickle"));
        hikari.setConnectionInitSql(INIT + "; " + first);
        hikari.setMaximumPoolSize(size);
        hikari.setConnectionTimeout(CONNECT.toMillis());
        hikari.setInitializationFailTimeout(-1);
        return new HikariDataSource(hikari);
    }

    private Properties properties(String applicationName) {
        Properties properties = new Properties();
        if (!config.user().isEmpty()) {
            properties.setProperty("user", config.user());
        }
        if (!config.password().isEmpty()) {
            properties.setProperty("password", config.password());
        }
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", Long.toString(CONNECT.toSeconds()));
        properties.setProperty("tcpKeepAlive", "true");
        // Then its name is a part of how the session begins, and is what RESET ALL leaves.
        properties.setProperty("assumeMinServerVersion", "16");
        return properties;
    }
}
