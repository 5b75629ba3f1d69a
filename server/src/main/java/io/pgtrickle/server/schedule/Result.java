package io.pgtrickle.server.schedule;

/// How a refresh ended.
sealed interface Result {
    /// It had data: the phase moves.
    record Refreshed() implements Result {}

    /// It found nothing to do.
    record Nothing() implements Result {}

    /// Somebody else is refreshing the same stream table.
    record Busy() implements Result {}

    /// It was held back: a gate is closed, watermarks are apart, a fuse has blown.
    record Held() implements Result {}

    /// It failed and changed nothing.
    ///
    /// @param sqlState five characters
    /// @param message one line
    record Failed(String sqlState, String message) implements Result {}
}
