package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.util.Optional;

/// The arguments of a call of the SQL API, by name; SQL NULL is absent.
record CallArguments(JsonNode values) {

    Optional<JsonNode> value(String name) {
        return Optional.ofNullable(values.get(name)).filter(it -> !it.isNull());
    }

    Optional<String> text(String name) {
        return value(name).map(JsonNode::asText);
    }

    String required(String name) {
        return text(name)
                .orElseThrow(() ->
                        PgTrickleException.invalidArgument(
                                "invalid argument: " + name + " is NULL",
                                "The parameter \"" + name + "\" has no default.",
                                "Give a value for " + name + "."));
    }

    boolean flag(String name, boolean otherwise) {
        return value(name).map(JsonNode::asBoolean).orElse(otherwise);
    }
}
