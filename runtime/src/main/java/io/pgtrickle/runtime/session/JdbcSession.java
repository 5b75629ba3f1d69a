package io.pgtrickle.runtime.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.runtime.jdbc.PreparedSql;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// A session over a connection of its own, which must be in autocommit mode and is left so.
public final class JdbcSession implements Session {
    /// For every connection that a service keeps open. The server notices within half a minute that
    /// the service's machine is gone; a session that waits is not idle; and a transaction that
    /// nobody goes on with, as of a process that was stopped, ends. Shorter limits of the role are
    /// kept.
    public static final String CONNECTION_SETTINGS =
            "SET idle_session_timeout = 0; SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5;"
                    + " SET tcp_keepalives_count = 3; "
                    + unlessSet("idle_in_transaction_session_timeout", "0", "60s");

    /// For connections that only the engine uses.
    ///
    /// Without the engine's search path every transaction sets another path and back, which the
    /// driver takes as a reason to parse and plan all statements again: with PostgreSQL 18 a third
    /// of the time of refreshing one row.
    ///
    /// Who waits for a lock keeps a worker from all others; so it is given up soon, and tried again
    /// later.
    ///
    /// No refresh waits for the disk. What a crash takes away it takes from the end: rows, frontier
    /// and what later ones have made of them go together, and the changes are still there.
    public static final String ENGINE_SETTINGS =
            CONNECTION_SETTINGS
                    + "; "
                    + unlessSet("lock_timeout", "0", "1s")
                    + "; "
                    + unlessSet("synchronous_commit", "on", "off")
                    + "; SET search_path = pg_catalog, pg_temp";

    private static final PreparedSql STATEMENTS = new PreparedSql();

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Connection connection;

    /// Since when statements have had a role's rights in the running transaction, by the server's
    /// clock; empty when none has.
    private Optional<String> lentSince = Optional.empty();

    /// Where another connection comes from, which sees what has been committed since a snapshot.
    private final Optional<DataSource> witness;

    private JdbcSession(Connection connection, Optional<DataSource> witness) {
        this.connection = connection;
        this.witness = witness;
    }

    /// @param standard what it is when nobody has set it
    private static String unlessSet(String setting, String standard, String value) {
        return "SELECT pg_catalog.set_config('%1$s', '%3$s', false) WHERE pg_catalog.current_setting('%1$s') = '%2$s'"
                .formatted(setting, standard, value);
    }

    /// The session of a connection.
    public static Session of(Connection connection) {
        return new JdbcSession(connection, Optional.empty());
    }

    /// The session of a connection that works for many roles.
    ///
    /// @param witness where another connection to the same database comes from at any time
    public static Session of(Connection connection, DataSource witness) {
        return new JdbcSession(connection, Optional.of(witness));
    }

    /// Runs work on a connection of the data source; database errors leave as [PgTrickleException].
    public static <T extends @Nullable Object> T with(DataSource dataSource, Work<T> work) {
        return Sql.with(dataSource, connection -> work.on(of(connection)));
    }

    @Override
    public Optional<Caller> caller() {
        return Optional.empty();
    }

    @Override
    public List<String> searchPath() throws SQLException {
        return one(
                "SELECT pg_catalog.current_schemas(true)::pg_catalog.text[]",
                row -> row.strings(1));
    }

    @Override
    public Session as(Rights rights) {
        return rights.role()
                .<Session>map(role -> new RoleSession(this, (kind, sql) -> run(kind, sql, role)))
                .orElse(this);
    }

    @Override
    public Session engine() {
        return this;
    }

    private JsonNode run(RoleSession.Kind kind, String statement, long role) throws SQLException {
        if (lentSince.isEmpty()) {
            lentSince =
                    Optional.of(
                            one(
                                    "SELECT pg_catalog.clock_timestamp()::pg_catalog.text",
                                    row -> row.getString(1)));
        }
        String how =
                switch (kind) {
                    case EXECUTE, UPDATE -> "execute";
                    case QUERY, QUERY_BY_USERS_NAMES -> "query";
                };
        // As a text: the driver keeps no statement of its own for it.
        return one(
                Literals.fill(
                        "SELECT pgtrickle._as(CAST(? AS oid), ?, ?, NULL, false)::text",
                        Long.toString(role),
                        statement,
                        how),
                row -> json(row.getString(1)));
    }

    private static JsonNode json(String text) throws SQLException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable result of pgtrickle._as", "XX000", e);
        }
    }

    @Override
    public Ownership ownership() {
        return Ownership.OWN;
    }

    @Override
    public boolean keepsSnapshot() {
        return true;
    }

    @Override
    public void executeAll(List<String> statements) throws SQLException {
        Sql.executeAll(connection, statements);
    }

    @Override
    public <T> T one(String sql, RowReader<T> reader) throws SQLException {
        return Sql.one(connection, sql, row -> reader.read(new ResultRow(row)));
    }

    @Override
    public <T> T prepared(String sql, RowReader<T> reader) throws SQLException {
        return STATEMENTS.one(connection, sql, row -> reader.read(new ResultRow(row)));
    }

    @Override
    public <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        return Sql.query(
                connection, sql, row -> reader.read(new ResultRow(row)), converted(parameters));
    }

    @Override
    public <T> List<T> queryByUsersNames(
            String sql, RowReader<T> reader, @Nullable Object... parameters) throws SQLException {
        return query(sql, reader, parameters);
    }

    @Override
    public int update(String sql, @Nullable Object... parameters) throws SQLException {
        return Sql.update(connection, sql, converted(parameters));
    }

    private @Nullable Object[] converted(@Nullable Object... parameters) throws SQLException {
        @Nullable Object[] converted = parameters.clone();
        for (int i = 0; i < converted.length; i++) {
            if (converted[i] instanceof ArrayOf(String type, List<?> elements)) {
                converted[i] = connection.createArrayOf(type, elements.toArray());
            }
        }
        return converted;
    }

    @Override
    public <T extends @Nullable Object> T inTransaction(
            Isolation isolation, List<String> settings, Work<T> work) throws SQLException {
        Sql.Isolation level =
                switch (isolation) {
                    case READ_COMMITTED -> Sql.Isolation.READ_COMMITTED;
                    case REPEATABLE_READ -> Sql.Isolation.REPEATABLE_READ;
                };
        T result;
        try {
            result =
                    Sql.inTransaction(
                            connection,
                            level,
                            String.join(";", settings),
                            _ -> {
                                T done = work.on(this);
                                requireNothingLate();
                                return done;
                            });
        } catch (SQLException | RuntimeException | Error failure) {
            try {
                forgetRole();
            } catch (SQLException suppressed) {
                failure.addSuppressed(suppressed);
            }
            throw failure;
        }
        forgetRole();
        return result;
    }

    /// Fails when a role's code has written to a table that others have given a deferred trigger
    /// since the snapshot was taken: it would be executed with the rights of this session, before
    /// PostgreSQL 18. What the snapshot shows has been looked for already.
    private void requireNothingLate() throws SQLException {
        if (lentSince.isEmpty()
                || witness.isEmpty()
                || connection.getMetaData().getDatabaseMajorVersion() >= 18) {
            return;
        }
        int backend = connection.unwrap(PGConnection.class).getBackendPID();
        try (Connection other = witness.get().getConnection()) {
            boolean late =
                    Sql.one(
                            other,
                            "SELECT pg_catalog.cardinality(pgtrickle._late_triggers("
                                    + backend
                                    + ")) OPERATOR(pg_catalog.>) 0",
                            row -> row.getBoolean(1));
            if (late) {
                throw new SQLException(
                        "code of the stream table's owner has written to a table with deferrable triggers",
                        "42501");
            }
        }
    }

    /// Removes what a role's code can have left in the session beyond the transaction: settings,
    /// temporary relations, and statements under the names of the driver's or ours, which would be
    /// executed with other rights.
    private void forgetRole() throws SQLException {
        if (lentSince.isEmpty() || connection.isClosed()) {
            return;
        }
        String since = lentSince.get();
        lentSince = Optional.empty();
        try {
            boolean kept =
                    one(
                            "SELECT pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.=) 'pg_catalog, pg_temp'",
                            row -> row.getBoolean(1));
            Sql.execute(connection, kept ? "RESET ALL; " + ENGINE_SETTINGS : "RESET ALL");
            Sql.execute(connection, "DISCARD TEMP");
            boolean prepared =
                    one(
                            Literals.fill(
                                    "SELECT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements p WHERE p.from_sql AND"
                                            + " p.prepare_time OPERATOR(pg_catalog.>=) CAST(? AS pg_catalog.timestamptz))",
                                    since),
                            row -> row.getBoolean(1));
            if (prepared) {
                Sql.execute(connection, "DEALLOCATE ALL");
                STATEMENTS.forget(connection);
            }
        } catch (SQLException e) {
            connection.abort(Runnable::run);
            throw e;
        }
    }

    /// The row that a result set stands on.
    private record ResultRow(ResultSet row) implements Row {
        @Override
        public boolean getBoolean(int column) throws SQLException {
            return row.getBoolean(column);
        }

        @Override
        public Optional<String> optionalString(int column) throws SQLException {
            return Optional.ofNullable(row.getString(column));
        }

        @Override
        public Optional<Long> optionalLong(int column) throws SQLException {
            long value = row.getLong(column);
            return row.wasNull() ? Optional.empty() : Optional.of(value);
        }

        @Override
        public Optional<Double> optionalDouble(int column) throws SQLException {
            double value = row.getDouble(column);
            return row.wasNull() ? Optional.empty() : Optional.of(value);
        }

        @Override
        public Optional<Instant> optionalInstant(int column) throws SQLException {
            return Optional.ofNullable(row.getTimestamp(column)).map(Timestamp::toInstant);
        }

        @Override
        public Optional<List<String>> optionalStrings(int column) throws SQLException {
            Array array = row.getArray(column);
            return array == null
                    ? Optional.empty()
                    : Optional.of(
                            Arrays.stream((Object[]) array.getArray())
                                    .map(String::valueOf)
                                    .toList());
        }
    }
}
