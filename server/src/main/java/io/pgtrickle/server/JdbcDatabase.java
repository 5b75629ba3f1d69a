package io.pgtrickle.server;

import com.zaxxer.hikari.HikariDataSource;
import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.AtomicGroup;
import io.pgtrickle.runtime.refresh.Job;
import io.pgtrickle.runtime.refresh.JobQueue;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.runtime.session.Session;
import io.pgtrickle.server.lease.Lease;
import io.pgtrickle.server.schedule.Database;
import io.pgtrickle.server.schedule.Limits;
import io.pgtrickle.server.schedule.Pace;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;

/// The database behind the connection that holds the lease and a pool for the refreshes.
///
/// Thread-safe as [Database] asks for: the lease's connection belongs to the scheduler's thread.
final class JdbcDatabase implements Database {
    private static final String INITIATOR = "SCHEDULER";

    /// Ten seconds.
    private static final long LASTING_NANOS = 10_000_000_000L;

    private final RefreshEngine engine = new RefreshEngine();
    private final SchedulerView view = new SchedulerView();
    private final Upkeep upkeep = new Upkeep();
    private final Connection control;
    private final Lease lease;
    private final HikariDataSource pool;
    private final Logger log;

    /// When to look next for what lasts: those who listen are told every few minutes at most.
    private volatile long nextLasting = System.nanoTime();

    private String settingsMark = "";
    private @Nullable Pace pace;
    private @Nullable Allowance allowance;

    /// What the database has been told.
    private record Allowance(int own, int all, Limits.Mode mode) {}

    JdbcDatabase(Connection control, Lease lease, HikariDataSource pool, Logger log) {
        this.control = control;
        this.lease = lease;
        this.pool = pool;
        this.log = log;
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
                pace = ServiceSettings.read(fresh, log).pace(start);
            }
            settingsMark = mark;
        }
        return pace;
    }

    /// There is a connection for each refresh; those that are not needed any more are closed after
    /// a while.
    @Override
    public void allow(int own, int all) throws SQLException {
        Limits.Mode mode = pace == null ? Limits.Mode.ON : pace.limits().mode();
        Allowance newest = new Allowance(own, all, mode);
        if (newest.equals(allowance)) {
            return;
        }
        int connections = own + Connections.SPARE;
        if (connections > pool.getMaximumPoolSize()) {
            pool.getHikariConfigMXBean().setMaximumPoolSize(connections);
        }
        Sql.update(
                control,
                "UPDATE pgtrickle.pgt_service SET max_workers = ?, per_db_cap = ?, parallel_mode = ?",
                all,
                own,
                mode.name().toLowerCase(Locale.ROOT));
        allowance = newest;
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
    public SchedulerView.Look look(boolean arm) throws SQLException {
        return view.look(JdbcSession.of(control), arm, Lease.LEADS);
    }

    @Override
    public boolean news(boolean arm) throws SQLException {
        return view.news(JdbcSession.of(control), arm);
    }

    @Override
    public Set<Long> pending() throws SQLException {
        return view.pending(JdbcSession.of(control));
    }

    @Override
    public List<RefreshOutcome> refresh(List<Long> ids, IntConsumer begun) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            begun.accept(connection.unwrap(PGConnection.class).getBackendPID());
            return view.refresh(JdbcSession.of(connection, pool), engine, ids, INITIATOR);
        }
    }

    @Override
    public void tell(List<Alert> alerts) throws SQLException {
        Alert.send(JdbcSession.of(control), alerts);
    }

    @Override
    public long takeOverJobs() throws SQLException {
        return JobQueue.takeOver(JdbcSession.of(control));
    }

    @Override
    public Map<Long, Long> show(List<Job> jobs) throws SQLException {
        return JobQueue.write(JdbcSession.of(control), jobs);
    }

    @Override
    public List<Lasting> cleanBuffers() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            Session session = JdbcSession.of(connection);
            upkeep.cleanBuffers(session);
            if (System.nanoTime() - nextLasting < 0) {
                return List.of();
            }
            nextLasting = System.nanoTime() + LASTING_NANOS;
            return Lasting.all(session);
        }
    }

    @Override
    public void forget(long id) {
        engine.forget(id);
    }
}
