package io.pgtrickle.server.schedule;

import java.sql.SQLException;

/// What the scheduler waits for.
sealed interface Event {
    /// A source may have changed.
    record Woken() implements Event {}

    /// A gate may have opened, or a watermark moved.
    record Released() implements Event {}

    /// A refresh ended.
    record Finished(long id, Result result) implements Event {}

    /// A cleaning of the buffers ended.
    record Cleaned() implements Event {}

    /// A connection that the service cannot do without is gone.
    record Lost(SQLException cause) implements Event {}

    /// The service is to stop.
    record Stop() implements Event {}
}
