package io.pgtrickle.runtime.introspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.compiler.Compiler;
import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.QueryAnalysis.OutputColumn;
import io.pgtrickle.compiler.catalog.QueryAnalysis.Routine;
import io.pgtrickle.compiler.catalog.QueryAnalysis.RoutineKind;
import io.pgtrickle.compiler.catalog.QueryAnalysis.Volatility;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Asks PostgreSQL about a query and compiles it.
public final class Introspector {
    /// PostgreSQL's answer to anything but one SELECT where a cursor is to be opened.
    private static final String NOT_A_CURSOR = "42P11";

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Questions are answered in rounds; nesting needs one, the bound is there for the unforeseen.
    private static final int MAX_ROUNDS = 200;

    private Introspector() {}

    /// A query with everything known about it.
    ///
    /// @param temporaryRelations the temporary relations it reads
    /// @param watched what can be altered under it
    public record Introspected(
            QueryAnalysis analysis,
            Compiler.Result result,
            List<String> temporaryRelations,
            Watched watched) {
        public Introspected {
            temporaryRelations = List.copyOf(temporaryRelations);
        }
    }

    /// PostgreSQL's own text of a user's query, in which every name is qualified that would mean
    /// something else under another search path than the user's. Must run in a transaction.
    ///
    /// @throws SQLException PostgreSQL's own error when it rejects the query
    public static String canonicalText(Session session, String query) throws SQLException {
        String path =
                session.queryByUsersNames(
                                "SELECT pg_catalog.current_setting('search_path')",
                                row -> row.getString(1))
                        .getFirst();
        return answer(() ->
                session.queryByUsersNames(
                        "SELECT pgtrickle.canonical_text(?, ?)",
                        row -> row.getString(1),
                        query,
                        path));
    }

    /// Introspects and compiles a canonical query. Must run in a transaction; leaves nothing
    /// behind.
    ///
    /// @throws SQLException PostgreSQL's own error when it rejects the query
    public static Introspected introspect(Session session, String query) throws SQLException {
        JsonNode json = ask(session, query);
        List<Relation> relations = relations(session, json);
        QueryAnalysis analysis = analysis(json, relations);
        Map<String, List<TypeFacts>> answers = new HashMap<>();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Compiler.Result result = Compiler.compile(analysis, answers);
            switch (result) {
                case Compiler.Result.TypesNeeded(List<String> selects) -> {
                    answers.putAll(describe(session, selects));
                }
                case Compiler.Result.Differential _, Compiler.Result.FullOnly _ -> {
                    return new Introspected(
                            analysis,
                            result,
                            temporary(json),
                            new Watched(json.get("watched").toString()));
                }
            }
        }
        throw new SQLException("the types inside the query could not be found out", "XX000");
    }

    private static JsonNode ask(Session session, String query) throws SQLException {
        return parse(
                answer(() ->
                        session.query(
                                "SELECT pgtrickle.introspect(?)::text",
                                row -> row.getString(1),
                                query)));
    }

    /// The relations that are read. What they are is asked for again where somebody else's rights
    /// were needed to find out which: statements with our own are made from it.
    private static List<Relation> relations(Session session, JsonNode json) throws SQLException {
        if (session.hasOwnRights()) {
            return each(json.get("relations")).map(Introspector::relation).toList();
        }
        List<Long> oids =
                each(json.get("relations")).map(relation -> relation.get("oid").asLong()).toList();
        return each(parse(
                        session.engine()
                                .query(
                                        "SELECT coalesce(jsonb_agg(pgtrickle.relation_facts(r::oid) ORDER BY r), '[]')::text"
                                                + " FROM unnest(CAST(? AS bigint[])) AS r",
                                        row -> row.getString(1),
                                        new Session.ArrayOf("int8", oids))
                                .getFirst()))
                .map(Introspector::relation)
                .toList();
    }

    /// A question to PostgreSQL.
    @FunctionalInterface
    private interface Question {
        List<String> ask() throws SQLException;
    }

    private static String answer(Question question) throws SQLException {
        try {
            return question.ask().getFirst();
        } catch (SQLException e) {
            if (Errors.sqlState(e).equals(NOT_A_CURSOR)) {
                throw PgTrickleException.of(
                                "42000", "query parse error: the query is not one SELECT statement")
                        .detail("PostgreSQL says: " + Errors.message(e) + ".")
                        .hint("Give one SELECT, which may have a WITH clause.")
                        .cause(e)
                        .build();
            }
            throw e;
        }
    }

    /// The column types of SELECTs, asked for in one round trip.
    private static Map<String, List<TypeFacts>> describe(Session session, List<String> selects)
            throws SQLException {
        List<String> described =
                session.query(
                        "SELECT pgtrickle.describe(s.query)::text"
                                + " FROM unnest(CAST(? AS text[])) WITH ORDINALITY AS s(query, n) ORDER BY s.n",
                        row -> row.getString(1),
                        new Session.ArrayOf("text", selects));
        Map<String, List<TypeFacts>> types = new HashMap<>();
        for (int i = 0; i < selects.size(); i++) {
            types.put(
                    selects.get(i), each(parse(described.get(i))).map(Introspector::type).toList());
        }
        return types;
    }

    private static List<String> temporary(JsonNode json) {
        return each(json.get("relations"))
                .filter(relation -> relation.get("temporary").asBoolean())
                .map(relation -> relation.get("name").asText())
                .toList();
    }

    private static JsonNode parse(String text) throws SQLException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable answer of pgtrickle.introspect", "XX000", e);
        }
    }

    private static Stream<JsonNode> each(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static QueryAnalysis analysis(JsonNode json, List<Relation> relations) {
        List<OutputColumn> output =
                each(json.get("output"))
                        .map(column ->
                                new OutputColumn(
                                        column.get("name").asText(), type(column.get("type"))))
                        .toList();
        List<Routine> routines =
                new ArrayList<>(each(json.get("routines")).map(Introspector::routine).toList());
        if (json.get("sqlValueFunctions").asBoolean()) {
            routines.add(
                    new Routine(
                            "pg_catalog",
                            "current_timestamp",
                            RoutineKind.FUNCTION,
                            Volatility.STABLE,
                            false));
        }
        return new QueryAnalysis(json.get("canonicalText").asText(), output, relations, routines);
    }

    private static Routine routine(JsonNode json) {
        return new Routine(
                json.get("schema").asText(),
                json.get("name").asText(),
                RoutineKind.valueOf(json.get("kind").asText()),
                Volatility.valueOf(json.get("volatility").asText()),
                json.get("returnsSet").asBoolean());
    }

    private static Relation relation(JsonNode json) {
        List<Relation.RelationColumn> columns =
                each(json.get("columns"))
                        .map(column ->
                                new Relation.RelationColumn(
                                        column.get("name").asText(),
                                        column.get("number").asInt(),
                                        type(column.get("type")),
                                        column.get("notNull").asBoolean()
                                                ? Nullability.NOT_NULL
                                                : Nullability.NULLABLE,
                                        column.get("type").get("sqlName").asText()
                                                + optional(column.get("type").get("collation"))
                                                        .orElse("")))
                        .toList();
        List<List<String>> keys =
                each(json.get("keys"))
                        .map(key -> each(key).map(JsonNode::asText).toList())
                        .toList();
        JsonNode id = json.get("streamTableId");
        return new Relation(
                json.get("oid").asLong(),
                json.get("schema").asText(),
                json.get("name").asText(),
                Relation.Kind.valueOf(json.get("kind").asText()),
                columns,
                keys,
                optional(json.get("viewDefinition")),
                id.isNull() ? Optional.empty() : Optional.of(id.asLong()));
    }

    private static Optional<String> optional(JsonNode json) {
        return json.isNull() ? Optional.empty() : Optional.of(json.asText());
    }

    private static TypeFacts type(JsonNode json) {
        return new TypeFacts(
                json.get("sqlName").asText(),
                TypeFacts.Arithmetic.valueOf(json.get("arithmetic").asText()),
                TypeFacts.Equality.valueOf(json.get("equality").asText()),
                TypeFacts.Hashing.valueOf(json.get("hashing").asText()));
    }
}
