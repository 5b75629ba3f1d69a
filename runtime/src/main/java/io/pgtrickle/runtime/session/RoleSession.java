package io.pgtrickle.runtime.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A session whose statements have the rights of a role; its transactions are those of the session
/// that it was made from.
final class RoleSession implements Session {
    private final Session engine;
    private final Steps steps;

    /// What is to be known of a statement's execution.
    enum Kind {
        EXECUTE,
        UPDATE,
        QUERY,
        QUERY_BY_USERS_NAMES
    }

    /// Executes statements with the role's rights.
    @FunctionalInterface
    interface Steps {
        /// @return for a query an array of rows, each an array of values; for an update the number
        ///   of rows
        JsonNode run(Kind kind, String sql) throws SQLException;
    }

    RoleSession(Session engine, Steps steps) {
        this.engine = engine;
        this.steps = steps;
    }

    @Override
    public Session as(Rights rights) {
        return engine.as(rights);
    }

    @Override
    public Session engine() {
        return engine;
    }

    @Override
    public boolean hasOwnRights() {
        return false;
    }

    @Override
    public Optional<Caller> caller() {
        return engine.caller();
    }

    @Override
    public List<String> searchPath() throws SQLException {
        return engine.searchPath();
    }

    @Override
    public Ownership ownership() {
        return engine.ownership();
    }

    @Override
    public boolean keepsSnapshot() {
        return engine.keepsSnapshot();
    }

    @Override
    public void executeAll(List<String> statements) throws SQLException {
        for (String sql : statements) {
            steps.run(Kind.EXECUTE, sql);
        }
    }

    @Override
    public <T> T one(String sql, RowReader<T> reader) throws SQLException {
        List<T> rows = rows(Kind.QUERY, sql, reader);
        if (rows.isEmpty()) {
            throw new SQLException("no row from: " + sql, "02000");
        }
        return rows.getFirst();
    }

    @Override
    public <T> T prepared(String sql, RowReader<T> reader) throws SQLException {
        return one(sql, reader);
    }

    @Override
    public <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        return rows(Kind.QUERY, Literals.fill(sql, parameters), reader);
    }

    @Override
    public <T> List<T> queryByUsersNames(
            String sql, RowReader<T> reader, @Nullable Object... parameters) throws SQLException {
        return rows(Kind.QUERY_BY_USERS_NAMES, Literals.fill(sql, parameters), reader);
    }

    private <T> List<T> rows(Kind kind, String sql, RowReader<T> reader) throws SQLException {
        List<T> rows = new ArrayList<>();
        for (JsonNode row : steps.run(kind, sql)) {
            rows.add(reader.read(new JsonRow(row)));
        }
        return rows;
    }

    @Override
    public int update(String sql, @Nullable Object... parameters) throws SQLException {
        return steps.run(Kind.UPDATE, Literals.fill(sql, parameters)).asInt();
    }

    @Override
    public <T extends @Nullable Object> T inTransaction(
            Isolation isolation, List<String> settings, Work<T> work) throws SQLException {
        return engine.inTransaction(isolation, settings, work);
    }
}
