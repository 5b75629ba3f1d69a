package io.pgtrickle.runtime.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// A row as a JSON array of the values that PostgreSQL's `row_to_json` gives.
record JsonRow(JsonNode values) implements Row {

    private Optional<JsonNode> value(int column) {
        return Optional.ofNullable(values.get(column - 1)).filter(it -> !it.isNull());
    }

    @Override
    public boolean getBoolean(int column) {
        return value(column).map(JsonNode::asBoolean).orElse(false);
    }

    @Override
    public Optional<String> optionalString(int column) {
        return value(column).map(it -> it.isContainerNode() ? it.toString() : it.asText());
    }

    @Override
    public Optional<Long> optionalLong(int column) {
        return value(column).map(JsonNode::asLong);
    }

    @Override
    public Optional<Double> optionalDouble(int column) {
        return value(column).map(JsonNode::asDouble);
    }

    @Override
    public Optional<Instant> optionalInstant(int column) {
        return value(column).map(it -> OffsetDateTime.parse(it.asText()).toInstant());
    }

    @Override
    public Optional<List<String>> optionalStrings(int column) {
        return value(column)
                .map(it ->
                        StreamSupport.stream(it.spliterator(), false)
                                .map(JsonNode::asText)
                                .toList());
    }
}
