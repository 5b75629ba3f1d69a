package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/// Two identical narrow tables, one of them read by a stream table and therefore captured.
///
/// Autovacuum leaves them alone; they are vacuumed after every pair of measurements. One thread.
final class Twins implements AutoCloseable {
    private final Environment environment;
    private final String plain;
    private final String captured;
    private final Subject subject;

    private Twins(Environment environment, String name, String columns) throws SQLException {
        this.environment = environment;
        this.plain = name + "_plain";
        this.captured = name + "_captured";
        createTable(plain);
        createTable(captured);
        this.subject =
                Subject.create(
                        environment, name + "_stream", "SELECT " + columns + " FROM " + captured);
    }

    /// Creates the tables with `ROWS` rows each and a stream table that reads these columns.
    static Twins create(Environment environment, String name, String columns) throws SQLException {
        return new Twins(environment, name, columns);
    }

    /// The rows of each table, with the keys from 1.
    static final int ROWS = 10_000;

    private void createTable(String table) throws SQLException {
        Connection connection = environment.writer();
        Sql.execute(
                connection,
                "CREATE TABLE %s (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, amount numeric(10,2) NOT NULL)"
                                .formatted(table)
                        + " WITH (autovacuum_enabled = false)");
        Sql.execute(
                connection,
                "INSERT INTO %s SELECT i, i, i, i / 100.0 FROM generate_series(1, %d) i"
                        .formatted(table, ROWS));
        Sql.execute(connection, "VACUUM (ANALYZE) " + table);
    }

    String plain() {
        return plain;
    }

    String captured() {
        return captured;
    }

    /// Applies and deletes what was captured, and removes the dead rows of all three tables.
    void settle() throws SQLException {
        subject.catchUp();
        environment.clean();
        Connection connection = environment.writer();
        String buffer = Subject.buffer(connection, captured);
        Sql.execute(connection, "VACUUM " + plain + ", " + captured + ", " + buffer);
    }

    Subject.Buffered buffered() throws SQLException {
        return Subject.buffered(environment.writer(), captured);
    }

    void verify() throws SQLException {
        subject.verify();
    }

    @Override
    public void close() throws SQLException {
        subject.close();
        Sql.execute(environment.writer(), "DROP TABLE " + plain + ", " + captured);
    }
}
