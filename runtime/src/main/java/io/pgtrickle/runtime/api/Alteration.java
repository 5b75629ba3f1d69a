package io.pgtrickle.runtime.api;

import java.util.Optional;

/// Changes to a stream table; what is empty stays as it is.
///
/// @param query a new defining query
/// @param schedule a new schedule
/// @param mode a new refresh mode
/// @param status `ACTIVE` or `SUSPENDED`
/// @param partitioning another division of its table; empty text for none
public record Alteration(
        Optional<String> query,
        Optional<String> schedule,
        Optional<RefreshMode> mode,
        Optional<String> status,
        Optional<String> partitioning) {

    /// No change.
    public static Alteration none() {
        return new Alteration(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /// The same with another query.
    public Alteration withQuery(String text) {
        return new Alteration(Optional.of(text), schedule, mode, status, partitioning);
    }

    /// The same with another schedule.
    public Alteration withSchedule(String text) {
        return new Alteration(query, Optional.of(text), mode, status, partitioning);
    }

    /// The same with another mode.
    public Alteration withMode(RefreshMode value) {
        return new Alteration(query, schedule, Optional.of(value), status, partitioning);
    }

    /// The same with another status.
    public Alteration withStatus(String text) {
        return new Alteration(query, schedule, mode, Optional.of(text), partitioning);
    }

    /// The same with another division of its table.
    public Alteration withPartitioning(String text) {
        return new Alteration(query, schedule, mode, status, Optional.of(text));
    }
}
