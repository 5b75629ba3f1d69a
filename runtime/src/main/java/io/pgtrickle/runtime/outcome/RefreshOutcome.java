package io.pgtrickle.runtime.outcome;

import java.time.Duration;
import java.util.Optional;

/// What one refresh did.
///
/// @param action NO_DATA, FULL, DIFFERENTIAL, REINITIALIZE or SKIP
/// @param rowsInserted rows added to the stream table
/// @param rowsUpdated rows changed in place
/// @param rowsDeleted rows removed
/// @param pendingRows captured changes that were consumed
/// @param duration from the start of the transaction to its commit
/// @param held what holds scheduled refreshes back: one of them is a SKIP then, one by hand is done
///   all the same
public record RefreshOutcome(
        Action action,
        long rowsInserted,
        long rowsUpdated,
        long rowsDeleted,
        long pendingRows,
        Duration duration,
        Optional<String> held) {

    /// One that nothing holds back.
    public RefreshOutcome(
            Action action,
            long rowsInserted,
            long rowsUpdated,
            long rowsDeleted,
            long pendingRows,
            Duration duration) {
        this(
                action,
                rowsInserted,
                rowsUpdated,
                rowsDeleted,
                pendingRows,
                duration,
                Optional.empty());
    }

    /// The kinds of refresh that the history knows.
    public enum Action {
        NO_DATA,
        FULL,
        DIFFERENTIAL,
        REINITIALIZE,
        SKIP
    }
}
