package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.refresh.Partitioning;
import java.util.Optional;

/// What a user asks for: a name, a query, and how to keep it fresh.
///
/// @param name the stream table's name as PostgreSQL parses it: possibly qualified, possibly quoted
/// @param query one SELECT
/// @param schedule a text that [Schedule] reads, such as `calculated`, `1m30s`, `0 6 * * *`
/// @param mode the requested refresh mode
/// @param initialize whether it is filled at once, or by the first refresh
/// @param partitioning how its table is divided; empty for one that is not
public record StreamTableDefinition(
        String name,
        String query,
        String schedule,
        RefreshMode mode,
        boolean initialize,
        Optional<Partitioning> partitioning) {

    /// The schedule that a stream table has unless told otherwise.
    public static final String DEFAULT_SCHEDULE = "calculated";

    /// A definition with the default schedule and mode AUTO.
    public static StreamTableDefinition of(String name, String query) {
        return new StreamTableDefinition(
                name, query, DEFAULT_SCHEDULE, RefreshMode.AUTO, true, Optional.empty());
    }

    /// The same with another schedule.
    public StreamTableDefinition withSchedule(String text) {
        return new StreamTableDefinition(name, query, text, mode, initialize, partitioning);
    }

    /// The same with another mode.
    public StreamTableDefinition withMode(RefreshMode value) {
        return new StreamTableDefinition(name, query, schedule, value, initialize, partitioning);
    }

    /// The same, filled at once or not.
    public StreamTableDefinition withInitialize(boolean value) {
        return new StreamTableDefinition(name, query, schedule, mode, value, partitioning);
    }

    /// The same, divided.
    public StreamTableDefinition withPartitioning(Optional<Partitioning> value) {
        return new StreamTableDefinition(name, query, schedule, mode, initialize, value);
    }
}
