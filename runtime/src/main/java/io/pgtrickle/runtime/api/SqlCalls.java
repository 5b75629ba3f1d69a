package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.CallerSession;
import io.pgtrickle.runtime.session.DialogueEnded;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The functions of the SQL API that need the engine: each is done in the session that calls it.
///
/// Thread-safe; each call has a dialogue of its own.
public final class SqlCalls {
    private static final Logger LOG = LoggerFactory.getLogger(SqlCalls.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RefreshEngine engine;

    /// @param engine what is compiled is shared with its other users
    public SqlCalls(RefreshEngine engine) {
        this.engine = engine;
    }

    /// Serves one call.
    ///
    /// @param request a JSON object with `call`, `arguments`, `version`, `isolation`, the calling
    ///   `role` and what it acts as
    /// @param dialogue the session that calls
    /// @return what the call ends with, a JSON object: `do` is `done` with `result` and `notices`,
    ///   or `fail` with `sqlstate`, `message`, `detail` and `hint`
    /// @throws DialogueEnded when the session ends it before its end
    public String serve(String request, CallerSession.Dialogue dialogue) {
        try {
            JsonNode call = JSON.readTree(request);
            requireVersion(call.path("version").asText());
            boolean keepsSnapshot = !call.path("isolation").asText().equals("read committed");
            CallerSession session = new CallerSession(dialogue, keepsSnapshot, caller(call));
            return perform(
                    call.path("call").asText(), new CallArguments(call.path("arguments")), session);
        } catch (PgTrickleException e) {
            return failure(e);
        } catch (SQLException e) {
            return failure(Errors.translate(e));
        } catch (JsonProcessingException e) {
            return failure(PgTrickleException.of("08P01", "unreadable call").cause(e).build());
        } catch (DialogueEnded e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("a call failed", e);
            return failure(
                    PgTrickleException.of("XX000", "internal error: " + e)
                            .hint("This is a bug; the service's log says where.")
                            .build());
        }
    }

    private static Session.Caller caller(JsonNode call) {
        JsonNode role = call.path("role");
        return new Session.Caller(
                call.path("caller").asLong(),
                role.isIntegralNumber() ? Rights.of(role.asLong()) : Rights.OWN,
                call.path("path").valueStream().map(JsonNode::asText).toList());
    }

    private String perform(String name, CallArguments arguments, CallerSession session)
            throws SQLException {
        DefinitionCalls definitions = new DefinitionCalls(session, engine);
        CallResult result =
                switch (name) {
                    case "create_stream_table" -> definitions.create(arguments);
                    case "create_stream_table_if_not_exists" ->
                            definitions.createIfNotExists(arguments);
                    case "create_or_replace_stream_table" -> definitions.createOrReplace(arguments);
                    case "bulk_create" -> definitions.bulkCreate(arguments);
                    case "alter_stream_table" -> definitions.alter(arguments);
                    case "drop_stream_table" -> definitions.drop(arguments);
                    case "resume_stream_table" -> definitions.resume(arguments);
                    case "refresh_stream_table" ->
                            new RefreshCalls(session, engine).refresh(arguments);
                    case "refresh_all_stream_tables" ->
                            new RefreshCalls(session, engine).refreshAll();
                    case "repair_stream_table" ->
                            new RefreshCalls(session, engine).repair(arguments);
                    case "cache_stats" -> cacheStats();
                    case "explain_st" -> new ExplainCalls(session).explain(arguments);
                    case "explain_delta" -> new ExplainCalls(session).explainDelta(arguments);
                    case "explain_query_rewrite" -> new ExplainCalls(session).rewrite(arguments);
                    case "validate_query" -> new ExplainCalls(session).validate(arguments);
                    default ->
                            throw PgTrickleException.of(
                                            "42883", "there is no call \"" + name + "\"")
                                    .hint("Use a service of the installed version.")
                                    .build();
                };
        return done(result);
    }

    private CallResult cacheStats() {
        RefreshEngine.CacheStats stats = engine.cacheStats();
        return CallResult.of(
                JSON.createObjectNode()
                        .put("l1_hits", stats.hits())
                        .put("l2_hits", 0)
                        .put("misses", stats.misses())
                        .put("evictions", stats.evictions())
                        .put("l1_size", stats.size()));
    }

    private static void requireVersion(String version) {
        if (!version.equals(Installer.VERSION)) {
            throw PgTrickleException.of(
                            "55000",
                            "pg_trickle "
                                    + version
                                    + " is installed in this database, and the service is of version "
                                    + Installer.VERSION)
                    .detail("The two must be of the same version.")
                    .hint("Install the service's version, or use a service of the installed one.")
                    .build();
        }
    }

    private static String done(CallResult result) {
        ObjectNode step = JSON.createObjectNode().put("do", "done");
        step.set("result", result.value());
        var notices = step.putArray("notices");
        result.notices()
                .forEach(it ->
                        notices.add(
                                JSON.valueToTree(
                                        Map.of(
                                                "level",
                                                it.level().name(),
                                                "message",
                                                it.message()))));
        return step.toString();
    }

    private static String failure(PgTrickleException error) {
        ObjectNode step = JSON.createObjectNode().put("do", "fail");
        step.put("sqlstate", error.sqlState());
        step.put("message", error.getMessage());
        error.detail().ifPresent(it -> step.put("detail", it));
        error.hint().ifPresent(it -> step.put("hint", it));
        return step.toString();
    }
}
