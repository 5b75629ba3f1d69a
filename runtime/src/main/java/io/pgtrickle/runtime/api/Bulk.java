package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.util.List;

/// One element of `bulk_create`.
///
/// @param number its place in the array, from 1
record Bulk(int number, String name, CallArguments arguments) {

    /// @param number its place in the array, from 1
    static Bulk of(JsonNode element, int number) {
        if (!element.isObject()) {
            throw invalid(number, "is no object", "It is " + element + ".");
        }
        for (String key : List.of("name", "query")) {
            if (!element.path(key).isTextual()) {
                throw invalid(number, "has no " + key, "It is " + element + ".");
            }
        }
        ObjectNode filled = JsonNodeFactory.instance.objectNode();
        filled.put("schedule", StreamTableDefinition.DEFAULT_SCHEDULE);
        filled.put("refresh_mode", RefreshMode.AUTO.name());
        filled.setAll((ObjectNode) element);
        return new Bulk(number, element.get("name").asText(), new CallArguments(filled));
    }

    /// The error of the whole call.
    PgTrickleException failed(PgTrickleException error) {
        return PgTrickleException.of(
                        "22023",
                        "invalid argument: element "
                                + number
                                + " ("
                                + name
                                + ") failed: "
                                + error.getMessage())
                .detail(error.detail().orElse(null))
                .hint(error.hint().orElse(null))
                .cause(error)
                .build();
    }

    private static PgTrickleException invalid(int number, String problem, String detail) {
        return PgTrickleException.invalidArgument(
                "invalid argument: element " + number + " " + problem,
                detail,
                "Give objects with the keys name and query, and the other parameters of create_stream_table.");
    }
}
