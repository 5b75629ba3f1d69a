package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.AtomicGroup;
import io.pgtrickle.runtime.refresh.Job;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.SchedulerView;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/// What the scheduler needs of the database, as the holder of its lease.
///
/// [#refresh], [#cleanBuffers] and [#forget] may be called by any thread, the others by the
/// scheduler's own.
public interface Database {
    /// Whether this service still has the lease.
    ///
    /// @throws SQLException when the connection that holds it is gone
    boolean holdsLease() throws SQLException;

    /// How to work from now on.
    ///
    /// @param start what holds where nothing is set
    default Pace pace(Pace start) throws SQLException {
        return start;
    }

    /// Tells how many refreshes may run at the same time from now on.
    ///
    /// @param own of this database
    /// @param all of all databases of the service
    default void allow(int own, int all) throws SQLException {}

    /// All stream tables that may be refreshed.
    List<Schedulable> load() throws SQLException;

    /// Looks whether this service still leads and what there is to read, and does what [#news]
    /// does, in one statement.
    ///
    /// @param arm as there
    SchedulerView.Look look(boolean arm) throws SQLException;

    /// Takes the news of sources: what [#pending] knows.
    ///
    /// @param arm whether the next commit on a captured source is to wake the scheduler up; one
    ///   that the news do not contain does
    /// @return whether [#load] and [#groups] will find something else than the last time
    boolean news(boolean arm) throws SQLException;

    /// The ids of the stream tables that have pending changes, by the news that were taken.
    Set<Long> pending() throws SQLException;

    /// The stream tables that are refreshed together.
    default List<AtomicGroup> groups() throws SQLException {
        return List.of();
    }

    /// Refreshes stream tables in one transaction of their own.
    ///
    /// @param ids each after those it reads
    /// @param begun is told the process of the session that does it
    /// @return the outcomes in the order of the ids; SKIP for all when one is being refreshed
    List<RefreshOutcome> refresh(List<Long> ids, IntConsumer begun) throws SQLException;

    /// Tells those who listen.
    default void tell(List<Alert> alerts) throws SQLException {}

    /// Ends the jobs of the service before this one.
    ///
    /// @return what the first graph of this one is called
    default long takeOverJobs() throws SQLException {
        return 1;
    }

    /// Shows what is refreshed.
    ///
    /// @return the ids of the jobs that have not ended, by their numbers
    default Map<Long, Long> show(List<Job> jobs) throws SQLException {
        return Map.of();
    }

    /// Deletes changes that every reader has applied.
    ///
    /// @return what is worth to be told again and again
    List<Lasting> cleanBuffers() throws SQLException;

    /// Drops what is cached for a stream table that is not there any more.
    void forget(long id);
}
