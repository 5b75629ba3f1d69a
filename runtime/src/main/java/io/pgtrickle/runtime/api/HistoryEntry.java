package io.pgtrickle.runtime.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A row of the refresh history.
public record HistoryEntry(
        long id,
        Instant startTime,
        Optional<Instant> endTime,
        String action,
        String status,
        long rowsInserted,
        long rowsDeleted,
        long deltaRows,
        Optional<Duration> duration,
        Optional<String> initiatedBy,
        Optional<String> errorMessage) {}
