package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Lasting;
import java.sql.SQLException;
import java.util.List;

/// What the scheduler waits for.
sealed interface Event {
    /// A source may have changed.
    record Woken() implements Event {}

    /// There may be other stream tables, or other sources.
    record Altered() implements Event {}

    /// A gate may have opened, or a watermark moved.
    record Released() implements Event {}

    /// A refresh of one stream table had data.
    record Completed(long id, RefreshOutcome outcome) implements Event {}

    /// The refresh of a unit is done by a session with this process.
    record Begun(long id, int process) implements Event {}

    /// Workers are free that were not.
    record Freed() implements Event {}

    /// A refresh ended, of one stream table or of several together.
    record Finished(long id, Result result) implements Event {}

    /// A cleaning of the buffers ended, which has found what lasts.
    record Cleaned(List<Lasting> lasting) implements Event {}

    /// A connection that the service cannot do without is gone.
    record Lost(SQLException cause) implements Event {}

    /// The service is to stop.
    record Stop() implements Event {}
}
