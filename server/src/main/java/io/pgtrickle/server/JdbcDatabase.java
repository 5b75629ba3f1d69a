package io.pgtrickle.server;

import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.AtomicGroup;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.runtime.session.Session;
import io.pgtrickle.server.lease.Lease;
import io.pgtrickle.server.schedule.Database;
import io.pgtrickle.server.schedule.Pace;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The database behind the connection that holds the lease and a pool for the refreshes.
///
/// Thread-safe as [Database] asks for: the lease's connection belongs to the scheduler's thread.
final class JdbcDatabase implements Database {
    private static final String INITIATOR = "SCHEDULER";

    private final RefreshEngine engine = new RefreshEngine();
    private final SchedulerView view = new SchedulerView();
    private final Upkeep upkeep = new Upkeep();
    private final Connection control;
    private final Lease lease;
    private final HikariDataSource pool;

    /// Whether the wake-up is to be armed by the next look.
    private boolean arm;

    private String settingsMark = "";
    private @Nullable Pace pace;

    JdbcDatabase(Connection control, Lease lease, HikariDataSource pool) {
        this.control = control;
        this.lease = lease;
        this.pool = pool;
    }

    @Override
    public boolean holdsLease() throws SQLException {
        return lease.held();
    }

    /// Sessions keep what was set when they began, so new settings need new sessions. A database
    /// that was upgraded meanwhile is another version's service's.
    @Override
    public Pace pace(Pace start) throws SQLException {
        String mark = ServiceSettings.mark(control);
        if (pace == null || !mark.equals(settingsMark)) {
            Installer.requireInstalled(JdbcSession.of(control));
            pool.getHikariPoolMXBean().softEvictConnections();
            try (Connection fresh = pool.getConnection()) {
                pace = ServiceSettings.read(fresh).pace(start);
            }
            settingsMark = mark;
        }
        return pace;
    }

    @Override
    public List<Schedulable> load() throws SQLException {
        return view.load(JdbcSession.of(control));
    }

    @Override
    public List<AtomicGroup> groups() throws SQLException {
        return view.groups(JdbcSession.of(control));
    }

    @Override
    public void armWake() {
        arm = true;
    }

    @Override
    public Set<Long> pending() throws SQLException {
        boolean armed = arm;
        arm = false;
        return view.pending(JdbcSession.of(control), armed);
    }

    @Override
    public List<RefreshOutcome> refresh(List<Long> ids) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return view.refresh(JdbcSession.of(connection, pool), engine, ids, INITIATOR);
        }
    }

    @Override
    public void tell(List<Alert> alerts) throws SQLException {
        Alert.send(JdbcSession.of(control), alerts);
    }

    @Override
    public List<Lasting> cleanBuffers() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            Session session = JdbcSession.of(connection);
            view.collect(session);
            upkeep.cleanBuffers(session);
            return Lasting.all(session);
        }
    }

    @Override
    public void forget(long id) {
        engine.forget(id);
    }
}
