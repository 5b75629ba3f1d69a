package io.pgtrickle.runtime.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A stream table as the catalog shows it.
///
/// @param id the catalog's `pgt_id`
/// @param name schema and table, quoted where needed
/// @param query the defining query
/// @param schedule as given, empty for `calculated`
/// @param requestedMode the mode that was asked for
/// @param mode the mode it resolved to: FULL or DIFFERENTIAL
/// @param effectiveMode the mode of the last refresh, empty before the first
/// @param status INITIALIZING, ACTIVE, SUSPENDED or ERROR
/// @param populated whether the table has been filled
/// @param dataTimestamp when the contents were last equal to the query, as of a change
/// @param lastRefreshAt when a refresh last looked, whether or not it found changes
/// @param staleness now minus `dataTimestamp`
/// @param consecutiveErrors failures since the last success
/// @param lastError the last failure's message
/// @param fullReason why AUTO took FULL, empty for differential stream tables
public record StreamTableStatus(
        long id,
        String name,
        String query,
        Optional<String> schedule,
        RefreshMode requestedMode,
        RefreshMode mode,
        Optional<String> effectiveMode,
        String status,
        boolean populated,
        Optional<Instant> dataTimestamp,
        Optional<Instant> lastRefreshAt,
        Optional<Duration> staleness,
        int consecutiveErrors,
        Optional<String> lastError,
        Optional<String> fullReason) {}
