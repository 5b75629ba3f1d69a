package io.pgtrickle.bench;

import io.pgtrickle.cli.embedded.EmbeddedPostgres;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.JdbcSession;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/// A server of our own with pg_trickle in it, and three connections that stay open: one writes, one
/// refreshes, as the service does, one evaluates queries in full. One thread.
final class Environment implements AutoCloseable {
    private static final String DATABASE = "bench";

    private final EmbeddedPostgres postgres;
    private final Connection writer;
    private final Connection refresher;
    private final Connection evaluator;
    private final StreamTables tables;
    private final RefreshEngine engine = new RefreshEngine();
    private final Upkeep upkeep = new Upkeep();

    private Environment(EmbeddedPostgres postgres) throws SQLException {
        this.postgres = postgres;
        try (Connection connection = postgres.dataSource("postgres").getConnection()) {
            Sql.execute(connection, "CREATE DATABASE " + DATABASE);
        }
        this.writer = connect();
        this.refresher = connect();
        Sql.execute(refresher, JdbcSession.ENGINE_SETTINGS);
        Sql.execute(refresher, "SET pg_trickle.refresh_strategy = 'differential'");
        this.evaluator = connect();
        this.tables = StreamTables.on(postgres.dataSource(DATABASE));
        tables.install();
    }

    /// Starts a server whose data is deleted at the end, with a quarter of the memory for its
    /// buffers, as PostgreSQL's documentation recommends for a server of its own.
    ///
    /// @param parent where the data goes, if the server's account can reach it
    static Environment start(Path parent) throws SQLException {
        EmbeddedPostgres postgres =
                EmbeddedPostgres.builder()
                        .temporaryDataDirectory(parent)
                        .setting("shared_buffers", Machine.memory() / 4 / 1024 / 1024 + "MB")
                        .start();
        try {
            return new Environment(postgres);
        } catch (SQLException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    /// A further connection; the caller closes it.
    Connection connect() throws SQLException {
        return postgres.dataSource(DATABASE).getConnection();
    }

    String url() {
        return postgres.jdbcUrl(DATABASE);
    }

    Connection writer() {
        return writer;
    }

    Connection refresher() {
        return refresher;
    }

    Connection evaluator() {
        return evaluator;
    }

    StreamTables tables() {
        return tables;
    }

    RefreshEngine engine() {
        return engine;
    }

    /// Deletes applied changes, as the service does from time to time.
    void clean() throws SQLException {
        upkeep.cleanBuffers(JdbcSession.of(refresher));
    }

    @Override
    public void close() throws SQLException {
        try (writer;
                refresher;
                evaluator) {
            postgres.close();
        }
    }
}
