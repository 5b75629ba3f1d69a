package io.pgtrickle.tests.script;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.sql.Connection;
import java.sql.SQLException;

/// Runs scripts one after the other, each in a schema of its own that is dropped afterwards. One
/// thread.
public final class ScriptRunner implements AutoCloseable {

    /// Something that happens behind the engine's back before each refresh.
    @FunctionalInterface
    public interface Tampering {
        /// Nothing happens.
        Tampering NONE = _ -> {};

        /// Changes the database; the search path is the script's schema.
        void beforeRefresh(Connection connection) throws SQLException;

        /// Changes the database after each creation of a stream table.
        default void afterCreation(Connection connection) throws SQLException {}

        /// Whether the database is not what it was, when the stream tables are gone.
        default boolean lasts() {
            return false;
        }
    }

    private final TestServer server;
    private TestDatabase database;
    private HikariDataSource pool;
    private int schemas;

    /// A runner with a database of its own.
    public ScriptRunner(TestServer server) {
        this.server = server;
        this.database = server.database();
        this.pool = pool(database);
    }

    private static HikariDataSource pool(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url());
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        // A backend that has seen thousands of schemas is large.
        config.setMaxLifetime(60_000);
        config.setIdleTimeout(30_000);
        config.setKeepaliveTime(0);
        config.setPoolName(database.name());
        return new HikariDataSource(config);
    }

    /// Runs a script.
    public Outcome run(Script script) {
        return run(script, Tampering.NONE);
    }

    /// Runs a script while somebody tampers.
    public Outcome run(Script script, Tampering tampering) {
        ScriptRun run = new ScriptRun(pool, "case_" + ++schemas, tampering);
        Outcome outcome = run.run(script);
        if (tampering.lasts() || outcome instanceof Outcome.Failed || !run.clean()) {
            renew();
        }
        return outcome;
    }

    /// What is left of a failure must not touch the next script.
    private void renew() {
        close();
        database = server.database();
        pool = pool(database);
    }

    @Override
    public void close() {
        pool.close();
        database.close();
    }
}
