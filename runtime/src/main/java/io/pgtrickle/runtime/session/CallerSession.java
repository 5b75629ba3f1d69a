package io.pgtrickle.runtime.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The session of a user who calls a function of the SQL API: that function asks what to do, does
/// it, and says what came of it, step by step.
///
/// So everything happens in the user's transaction, sees what the transaction has done, and is
/// undone with it. A block is a subtransaction. An error ends the innermost block at once.
public final class CallerSession implements Session {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Dialogue dialogue;
    private final boolean keepsSnapshot;
    private final Caller caller;
    private int depth;

    /// Whether an error has ended the block that the running work is in.
    private boolean aborted;

    /// The other side.
    @FunctionalInterface
    public interface Dialogue {
        /// Says what to do next and waits until it is done.
        ///
        /// @param step a JSON object
        /// @return what came of it, a JSON object
        String say(String step) throws SQLException;
    }

    /// @param keepsSnapshot whether the user's transaction has one snapshot for all statements
    /// @param caller the user
    public CallerSession(Dialogue dialogue, boolean keepsSnapshot, Caller caller) {
        this.dialogue = dialogue;
        this.keepsSnapshot = keepsSnapshot;
        this.caller = caller;
    }

    @Override
    public Optional<Caller> caller() {
        return Optional.of(caller);
    }

    @Override
    public List<String> searchPath() {
        return caller.path();
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
        JsonNode reply =
                step(sql(kind.name().toLowerCase(Locale.ROOT), List.of(statement)).put("as", role));
        return switch (kind) {
            case EXECUTE -> reply;
            case UPDATE -> reply.get("count");
            case QUERY, QUERY_BY_USERS_NAMES -> reply.get("rows");
        };
    }

    @Override
    public Ownership ownership() {
        return Ownership.CALLER;
    }

    @Override
    public boolean keepsSnapshot() {
        return keepsSnapshot;
    }

    @Override
    public void executeAll(List<String> statements) throws SQLException {
        if (!statements.isEmpty()) {
            step(sql("execute", statements));
        }
    }

    @Override
    public <T> T one(String sql, RowReader<T> reader) throws SQLException {
        List<T> rows = rows(sql, reader, "query");
        if (rows.isEmpty()) {
            throw new SQLException("no row from: " + sql, "02000");
        }
        return rows.getFirst();
    }

    /// The user's session keeps no statements: it may be a pooler's, and another user's next.
    @Override
    public <T> T prepared(String sql, RowReader<T> reader) throws SQLException {
        return one(sql, reader);
    }

    @Override
    public <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        return rows(Literals.fill(sql, parameters), reader, "query");
    }

    @Override
    public <T> List<T> queryByUsersNames(
            String sql, RowReader<T> reader, @Nullable Object... parameters) throws SQLException {
        return rows(Literals.fill(sql, parameters), reader, "query_by_users_names");
    }

    private <T> List<T> rows(String sql, RowReader<T> reader, String kind) throws SQLException {
        List<T> rows = new ArrayList<>();
        for (JsonNode row : step(sql(kind, List.of(sql))).get("rows")) {
            rows.add(reader.read(new JsonRow(row)));
        }
        return rows;
    }

    @Override
    public int update(String sql, @Nullable Object... parameters) throws SQLException {
        return step(sql("update", List.of(Literals.fill(sql, parameters)))).get("count").asInt();
    }

    @Override
    public <T extends @Nullable Object> T inTransaction(
            Isolation isolation, List<String> settings, Work<T> work) throws SQLException {
        requireOpen();
        send(sql("begin", settings));
        int inside = ++depth;
        T result;
        try {
            result = work.on(this);
        } catch (DialogueEnded failure) {
            throw failure;
        } catch (SQLException | RuntimeException | Error failure) {
            if (depth == inside) {
                leave("rollback");
            }
            aborted = false;
            throw failure;
        }
        if (depth == inside) {
            leave("end");
            return result;
        }
        aborted = false;
        throw ended();
    }

    private void leave(String how) throws SQLException {
        depth--;
        step(JSON.createObjectNode().put("do", how));
    }

    private static ObjectNode sql(String kind, List<String> statements) {
        ObjectNode step = JSON.createObjectNode().put("do", kind);
        statements.forEach(step.putArray("sql")::add);
        return step;
    }

    private JsonNode step(ObjectNode step) throws SQLException {
        requireOpen();
        try {
            return send(step);
        } catch (SQLException e) {
            aborted = true;
            depth--;
            throw e;
        }
    }

    private void requireOpen() throws SQLException {
        if (aborted) {
            throw ended();
        }
    }

    private static SQLException ended() {
        return new SQLException("the block was ended by an error", "25P02");
    }

    private JsonNode send(ObjectNode step) throws SQLException {
        JsonNode reply = parse(dialogue.say(step.toString()));
        JsonNode error = reply.get("error");
        if (error != null) {
            throw CallerErrors.of(error);
        }
        return reply;
    }

    private static JsonNode parse(String reply) throws SQLException {
        try {
            return JSON.readTree(reply);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable reply of the calling session", "08P01", e);
        }
    }
}
