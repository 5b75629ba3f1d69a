package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.session.Session;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/// What those who listen on channel `pg_trickle_alert` are told of a stream table. Immutable.
///
/// @param event what has happened
/// @param table schema and name
/// @param details a JSON object with the fields of the event
public record Alert(String event, QualifiedName table, JsonNode details) {
    /// PostgreSQL takes less than 8,000 bytes.
    private static final int MOST_BYTES = 7_900;

    private static final String ELLIPSIS = "...";

    /// The payload: a JSON object; long texts among the details are shortened.
    public String payload() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("event", event);
        json.put("pgt_schema", table.schema());
        json.put("pgt_name", table.name());
        json.put("st", table.schema() + "." + table.name());
        details.properties().forEach(field -> json.set(field.getKey(), field.getValue()));
        String text = json.toString();
        for (int excess = excess(text); excess > 0; excess = excess(text)) {
            shorten(json, excess);
            text = json.toString();
        }
        return text;
    }

    private static int excess(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length - MOST_BYTES;
    }

    /// Cuts the longest text. It is longer than the excess: names are short.
    private static void shorten(ObjectNode json, int excess) {
        Map.Entry<String, JsonNode> longest =
                json.properties().stream()
                        .filter(field -> field.getValue().isTextual())
                        .max((a, b) ->
                                Integer.compare(
                                        a.getValue().asText().length(),
                                        b.getValue().asText().length()))
                        .orElseThrow();
        String text = longest.getValue().asText();
        int length = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
        int wanted = text.length() - excess - ELLIPSIS.length();
        int end = Math.max(length, wanted);
        int whole = Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
        json.put(longest.getKey(), text.substring(0, whole) + ELLIPSIS);
    }

    /// Tells that a stream table is refreshed again, unless it is one that nothing is told of.
    public static void resumed(Session session, long id, String before) throws SQLException {
        tell(
                session,
                id,
                "resumed",
                JsonNodeFactory.instance.objectNode().put("previous_status", before));
    }

    /// Tells that a stream table has to be recomputed, or cannot be, unless it is one that nothing
    /// is told of.
    static void reinitializeNeeded(Session session, long id, String reason) throws SQLException {
        tell(
                session,
                id,
                "reinitialize_needed",
                JsonNodeFactory.instance.objectNode().put("reason", reason));
    }

    private static void tell(Session session, long id, String event, JsonNode details)
            throws SQLException {
        send(
                session,
                session.query(
                        "SELECT pgt_schema, pgt_name FROM pgtrickle.pgt_stream_tables"
                                + " WHERE pgt_id = ? AND NOT pooler_compatibility_mode",
                        row ->
                                new Alert(
                                        event,
                                        new QualifiedName(row.getString(1), row.getString(2)),
                                        details),
                        id));
    }

    /// Tells several things with one statement, when the session's transaction commits.
    public static void send(Session session, List<Alert> alerts) throws SQLException {
        session.query(
                "SELECT pg_notify('pg_trickle_alert', payload)::text FROM unnest(?) payload",
                row -> row.optionalString(1),
                new Session.ArrayOf("text", alerts.stream().map(Alert::payload).toList()));
    }
}
