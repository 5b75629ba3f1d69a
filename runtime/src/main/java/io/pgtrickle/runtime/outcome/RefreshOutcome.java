package io.pgtrickle.runtime.outcome;

import java.time.Duration;

/// What one refresh did.
///
/// @param action NO_DATA, FULL, DIFFERENTIAL, REINITIALIZE or SKIP
/// @param rowsInserted rows added to the stream table
/// @param rowsUpdated rows changed in place
/// @param rowsDeleted rows removed
/// @param pendingRows captured changes that were consumed
/// @param duration from the start of the transaction to its commit
public record RefreshOutcome(
        Action action,
        long rowsInserted,
        long rowsUpdated,
        long rowsDeleted,
        long pendingRows,
        Duration duration) {

    /// The kinds of refresh that the history knows.
    public enum Action {
        NO_DATA,
        FULL,
        DIFFERENTIAL,
        REINITIALIZE,
        SKIP
    }
}
