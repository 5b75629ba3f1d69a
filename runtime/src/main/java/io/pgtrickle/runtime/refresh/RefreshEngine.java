package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.api.RefreshOutcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a scheduler needs of the database: what there is, what is pending, and one refresh at a time.
///
/// Thread-safe; each call uses the given connection, which must be in autocommit mode and is left so.
public final class RefreshEngine {

    /// A stream table as the scheduler sees it.
    ///
    /// @param id `pgt_id`
    /// @param name schema-qualified name for messages
    /// @param schedule as stored: empty string for `calculated`
    /// @param full whether it is recomputed, so that pending changes cannot be known
    /// @param populated false until the first refresh
    /// @param upstream ids of the stream tables it reads
    public record Schedulable(
            long id, String name, String schedule, boolean full, boolean populated, Set<Long> upstream) {}

    /// All stream tables that a scheduler may refresh (status ACTIVE or INITIALIZING), one statement.
    public List<Schedulable> load(Connection connection) throws SQLException {
        return List.of();
    }

    /// The ids of the differential stream tables with pending changes and how many, one statement for all.
    public Map<Long, Long> pending(Connection connection) throws SQLException {
        return Map.of();
    }

    /// Refreshes one stream table in a transaction of its own and writes history. A stream table that somebody else
    /// is refreshing gives SKIP. Errors are recorded in the catalog and rethrown.
    ///
    /// @param initiator SCHEDULER or MANUAL
    public RefreshOutcome refresh(Connection connection, long id, String initiator) throws SQLException {
        throw new SQLException(initiator + id);
    }

    /// Deletes applied changes, in bounded batches, from every buffer.
    ///
    /// @return rows deleted
    public long cleanBuffers(Connection connection) throws SQLException {
        return 0;
    }

    /// Arms the wake-up: the next commit on a captured source sends one NOTIFY on channel `pgtrickle_wake`.
    public void armWake(Connection connection) throws SQLException {}
}
