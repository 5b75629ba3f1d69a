package io.pgtrickle.runtime.refresh;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A refresh as `pgt_scheduler_jobs` shows it. Immutable.
///
/// @param number tells it from the others of one scheduler
/// @param id `job_id`; empty until it has been written
/// @param graph counts the changes of what is refreshed together
/// @param unit what is refreshed
/// @param attempt 1, and one more for each failure since the last success
/// @param worker the process of the session that refreshes
/// @param times when it was wanted, began and ended
/// @param outcome what has come of it so far
public record Job(
        long number,
        Optional<Long> id,
        long graph,
        Unit unit,
        int attempt,
        Optional<Integer> worker,
        Times times,
        Outcome outcome) {

    /// What is refreshed in one transaction.
    ///
    /// @param kind as the column `unit_kind` names it
    /// @param key tells it from others
    /// @param members ids of the stream tables
    /// @param root the smallest of them
    public record Unit(String kind, String key, List<Long> members, long root) {
        public Unit {
            members = List.copyOf(members);
        }
    }

    /// When it was wanted, began and ended.
    public record Times(Instant enqueued, Optional<Instant> started, Optional<Instant> finished) {}

    /// The values of the column `status`.
    public enum Status {
        QUEUED,
        RUNNING,
        SUCCEEDED,
        RETRYABLE_FAILED,
        PERMANENT_FAILED,
        CANCELLED
    }

    /// What has come of it.
    ///
    /// @param detail why; one line
    public record Outcome(Status status, Optional<String> detail) {}
}
