package io.pgtrickle.server;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.RefreshEngine.Schedulable;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.server.lease.Lease;
import io.pgtrickle.server.schedule.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/// The database behind the connection that holds the lease and a pool for the refreshes.
///
/// Thread-safe as [Database] asks for: the lease's connection belongs to the scheduler's thread.
final class JdbcDatabase implements Database {
    private static final String INITIATOR = "SCHEDULER";

    private final RefreshEngine engine = new RefreshEngine();
    private final Connection control;
    private final Lease lease;
    private final DataSource pool;

    JdbcDatabase(Connection control, Lease lease, DataSource pool) {
        this.control = control;
        this.lease = lease;
        this.pool = pool;
    }

    @Override
    public boolean holdsLease() throws SQLException {
        return lease.held();
    }

    @Override
    public List<Schedulable> load() throws SQLException {
        return engine.load(JdbcSession.of(control));
    }

    @Override
    public void armWake() throws SQLException {
        engine.armWake(JdbcSession.of(control));
    }

    @Override
    public Set<Long> pending() throws SQLException {
        return Set.copyOf(engine.pending(JdbcSession.of(control)).keySet());
    }

    @Override
    public RefreshOutcome refresh(long id) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return engine.refresh(JdbcSession.of(connection, pool), id, INITIATOR);
        }
    }

    @Override
    public void cleanBuffers() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            engine.cleanBuffers(JdbcSession.of(connection));
        }
    }

    @Override
    public void forget(long id) {
        engine.forget(id);
    }
}
