package io.pgtrickle.bench;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.session.JdbcSession;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.StringJoiner;

/// A stream table that is measured. A refresh that is not of the expected kind fails the run. One
/// thread.
final class Subject implements AutoCloseable {
    private final Environment environment;
    private final String name;
    private final String query;
    private final long id;

    private Subject(Environment environment, String name, String query) {
        this.environment = environment;
        this.name = name;
        this.query = query;
        this.id = environment.tables().status(name).id();
    }

    /// Creates and fills the stream table `name`, with the default schedule.
    static Subject create(Environment environment, String name, String query) {
        return create(environment, StreamTableDefinition.of(name, query));
    }

    static Subject create(Environment environment, StreamTableDefinition definition) {
        environment.tables().create(definition);
        return new Subject(environment, definition.name(), definition.query());
    }

    /// Applies what is pending, which must be something.
    ///
    /// @return milliseconds until the commit was acknowledged
    double differential() throws SQLException {
        long start = System.nanoTime();
        RefreshOutcome outcome =
                environment.engine().refresh(JdbcSession.of(environment.refresher()), id, "MANUAL");
        double elapsed = Stopwatch.since(start);
        require(outcome, Action.DIFFERENTIAL);
        if (outcome.pendingRows() == 0) {
            throw new IllegalStateException("nothing was pending for " + name);
        }
        return elapsed;
    }

    /// Recomputes, compares and applies.
    ///
    /// @return milliseconds until the commit was acknowledged
    double full() throws SQLException {
        long start = System.nanoTime();
        RefreshOutcome outcome =
                environment
                        .engine()
                        .recompute(JdbcSession.of(environment.refresher()), id, "MANUAL");
        double elapsed = Stopwatch.since(start);
        require(outcome, Action.FULL);
        return elapsed;
    }

    /// Refreshes; that nothing was pending is fine.
    void catchUp() throws SQLException {
        RefreshOutcome outcome =
                environment.engine().refresh(JdbcSession.of(environment.refresher()), id, "MANUAL");
        if (outcome.action() != Action.NO_DATA) {
            require(outcome, Action.DIFFERENTIAL);
        }
    }

    private void require(RefreshOutcome outcome, Action expected) {
        if (outcome.action() != expected) {
            throw new IllegalStateException(
                    "the refresh of " + name + " was " + outcome.action() + ", not " + expected);
        }
    }

    /// Compares the stored rows with the query's, as multisets.
    void verify() throws SQLException {
        String stored = "SELECT " + columns() + " FROM " + name;
        long different =
                Sql.one(
                        environment.writer(),
                        "WITH stored AS MATERIALIZED ("
                                + stored
                                + "), expected AS MATERIALIZED ("
                                + query
                                + ") SELECT (SELECT count(*) FROM (TABLE stored EXCEPT ALL TABLE expected) AS d)"
                                + " + (SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE stored) AS d)",
                        row -> row.getLong(1));
        if (different != 0) {
            throw new IllegalStateException(
                    name + " differs from its query in " + different + " rows");
        }
    }

    private String columns() throws SQLException {
        Connection connection = environment.writer();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            ResultSetMetaData columns = statement.getMetaData();
            StringJoiner names = new StringJoiner(", ");
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                names.add(columns.getColumnName(i));
            }
            return names.toString();
        }
    }

    @Override
    public void close() {
        environment.tables().drop(name, DropBehavior.RESTRICT);
        environment.engine().forget(id);
    }

    /// The change buffer of a table that some stream table reads.
    static String buffer(Connection connection, String table) throws SQLException {
        long oid =
                Sql.one(
                        connection,
                        "SELECT '" + table + "'::regclass::oid::bigint",
                        row -> row.getLong(1));
        return CaptureSql.ofTable(oid).buffer();
    }

    /// What a table's change buffer holds.
    static Buffered buffered(Connection connection, String table) throws SQLException {
        return Sql.one(
                connection,
                "SELECT count(*), coalesce(sum(row_count), 0) FROM " + buffer(connection, table),
                row -> new Buffered(row.getLong(1), row.getLong(2)));
    }

    /// The content of a change buffer.
    ///
    /// @param batches its rows
    /// @param images the row images in them: two for an updated row
    record Buffered(long batches, long images) {}
}
