package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.RefreshTransaction;
import io.pgtrickle.runtime.refresh.Registration;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Calls that explain stream tables and queries.
record ExplainCalls(Session session) {

    CallResult explain(CallArguments arguments) throws SQLException {
        StreamTableRow row = readable(arguments);
        StreamTableStatus status = StatusReader.byId(session, row.id());
        Definition definition = stored(row);
        Explanation explanation = Explainer.stored(definition, row);
        Properties properties = new Properties();
        properties.add("pgt_name", status.name());
        properties.add("defining_query", row.query());
        properties.add("refresh_mode", row.mode());
        properties.add("status", status.status());
        properties.add("is_populated", Boolean.toString(status.populated()));
        properties.add("dvm_supported", Boolean.toString(!definition.full()));
        explanation.reason().ifPresent(it -> properties.add("dvm_error", it));
        properties.add("operator_tree", explanation.operatorTree());
        properties.add("output_columns", outputColumns(definition));
        properties.add("source_oids", sources(definition));
        properties.add("aggregate_strategies", strategies(definition));
        properties.add("storage", String.join("\n", explanation.storage()));
        Optional<String> delta = explanation.deltaSql();
        delta.ifPresent(it -> properties.add("delta_query", it));
        for (String property : List.of("frontier", "refresh_timing_stats")) {
            session.first(measured(property), it -> it.optionalString(1), row.id())
                    .flatMap(it -> it)
                    .ifPresent(it -> properties.add(property, it));
        }
        if (delta.isPresent() && arguments.flag("with_analyze", false)) {
            StreamTableLookup.requireOwner(session, row);
            Registration.requireVisible(session, row.owner(), definition.consumed());
            properties.add("explain_analyze", String.join("\n", analyzed(row, delta.get())));
        }
        return CallResult.of(properties.rows());
    }

    private static String measured(String property) {
        return switch (property) {
            case "frontier" ->
                    "SELECT frontier::text FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ?";
            case "refresh_timing_stats" ->
                    """
                    SELECT jsonb_build_object('samples', count(*), 'min_ms', min(t.ms), 'max_ms', max(t.ms),
                        'avg_ms', avg(t.ms), 'latest_ms', (array_agg(t.ms ORDER BY t.refresh_id DESC))[1],
                        'latest_action', (array_agg(t.action ORDER BY t.refresh_id DESC))[1])::text
                    FROM (SELECT h.refresh_id, h.action, extract(epoch FROM h.end_time - h.start_time)::float8 * 1000 AS ms
                          FROM pgtrickle.pgt_refresh_history h WHERE h.pgt_id = ? AND h.status = 'COMPLETED') t
                    """;
            default -> throw new IllegalArgumentException(property);
        };
    }

    /// A stream table whose query the caller may know: who may read the table may.
    private StreamTableRow readable(CallArguments arguments) throws SQLException {
        StreamTableRow row = StreamTableLookup.find(session, arguments.required("name"));
        boolean readable =
                StreamTableLookup.isOwner(session, row)
                        || session.asCaller()
                                .first(
                                        "SELECT pgtrickle.may_read(CAST(? AS bigint)::oid)",
                                        it -> it.getBoolean(1),
                                        row.relation())
                                .orElse(false);
        if (!readable) {
            throw PgTrickleException.of(
                            "42501", "permission denied for stream table " + row.table())
                    .detail("Only who may read it may know how it is made.")
                    .hint("GRANT SELECT ON " + row.table() + " to the role.")
                    .build();
        }
        return row;
    }

    private Definition stored(StreamTableRow row) throws SQLException {
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> Definition.ofStored(it.as(row.owner()), row.query(), row.isFullWanted()));
    }

    /// Executes the refresh statement and undoes what it did.
    private List<String> analyzed(StreamTableRow row, String delta) throws SQLException {
        Undone undone = new Undone();
        try {
            return session.inTransaction(
                    Session.Isolation.REPEATABLE_READ,
                    List.of(
                            "SET LOCAL row_security = off",
                            RefreshTransaction.begin(row.relation())),
                    it -> {
                        undone.plan =
                                it.as(row.owner())
                                        .query(
                                                "EXPLAIN (ANALYZE, BUFFERS) " + delta,
                                                line -> line.getString(1));
                        throw undone;
                    });
        } catch (Undone done) {
            return done.plan;
        }
    }

    /// Leaves a transaction without a trace.
    private static final class Undone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private transient List<String> plan = List.of();

        Undone() {
            super(null, null, false, false);
        }
    }

    private static String outputColumns(Definition definition) {
        return String.join(
                ", ",
                definition.analysis().output().stream()
                        .map(it -> it.name() + " " + it.type().sqlName())
                        .toList());
    }

    private static String sources(Definition definition) {
        return String.join(
                ", ",
                definition.analysis().relations().stream()
                        .map(Relation::relid)
                        .map(String::valueOf)
                        .toList());
    }

    private static String strategies(Definition definition) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        var strategies = json.objectNode();
        definition.query().strategies().forEach(strategies::put);
        return strategies.toString();
    }

    CallResult explainDelta(CallArguments arguments) throws SQLException {
        String format = arguments.required("format").toLowerCase(Locale.ROOT);
        if (!Set.of("text", "json", "xml", "yaml").contains(format)) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: format \"" + arguments.required("format") + "\"",
                    "It is not a format of EXPLAIN.",
                    "Use text, json, xml or yaml.");
        }
        StreamTableRow row = readable(arguments);
        Explanation explanation = Explainer.stored(stored(row), row);
        String delta =
                explanation
                        .deltaSql()
                        .orElseThrow(() ->
                                PgTrickleException.of(
                                                "0A000",
                                                "stream table " + row.table() + " has no delta")
                                        .detail("It is recomputed (FULL).")
                                        .hint("See pgtrickle.explain_refresh_mode().")
                                        .build());
        ArrayNode lines = JsonNodeFactory.instance.arrayNode();
        session.as(row.owner())
                .query("EXPLAIN (FORMAT " + format + ") " + delta, it -> it.getString(1))
                .forEach(lines::add);
        return CallResult.of(lines);
    }

    /// The text a query is compiled from: PostgreSQL's own, in which stars are expanded, names
    /// qualified and casts written out.
    CallResult rewrite(CallArguments arguments) throws SQLException {
        String query = arguments.required("query");
        Queries.requireText(query);
        Definition definition = user(query);
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        rows.addObject()
                .put("pass_name", "canonical_text")
                .put("changed", !definition.text().strip().equals(query.strip()))
                .put("sql_after", definition.text());
        boolean views =
                definition.analysis().relations().stream()
                        .anyMatch(it -> it.kind() == Relation.Kind.VIEW);
        rows.addObject()
                .put("pass_name", "view_inlining")
                .put("changed", views)
                .putNull("sql_after");
        return CallResult.of(rows);
    }

    private Definition user(String query) throws SQLException {
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> Definition.ofUser(it.asCaller(), query, false));
    }

    CallResult validate(CallArguments arguments) throws SQLException {
        String query = arguments.required("query");
        Queries.requireText(query);
        return CallResult.of(new Validation(user(query)).rows());
    }

    /// Rows of a property and its value.
    private static final class Properties {
        private final ArrayNode rows = JsonNodeFactory.instance.arrayNode();

        void add(String property, String value) {
            rows.addObject().put("property", property).put("value", value);
        }

        JsonNode rows() {
            return rows;
        }
    }
}
