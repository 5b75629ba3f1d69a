package io.pgtrickle.server.lease;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/// The right to refresh the stream tables of one database: a session advisory lock.
///
/// PostgreSQL gives the lock up with the session, so a service that is killed needs to do nothing.
/// What a holder does through the very session that holds the lock cannot happen without it. One
/// thread.
public final class Lease {
    /// "pgtr" in ASCII: the first key of the advisory lock.
    static final int CLASS = 0x70677472;

    /// The second key: the service's lease.
    private static final int OBJECT = 1;

    /// `objsubid` of an advisory lock with two keys.
    static final int TWO_KEYS = 2;

    /// A condition about a row `l` of `pg_locks`: it is the lease of this database.
    private static final String HELD =
            "l.locktype = 'advisory' AND l.granted AND l.classid = "
                    + CLASS
                    + " AND l.objid = "
                    + OBJECT
                    + " AND l.objsubid = "
                    + TWO_KEYS
                    + " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
                    + " WHERE d.datname = pg_catalog.current_database())";

    /// A condition: this session has the lease.
    public static final String LEADS = "EXISTS (" + heldBy("pg_catalog.pg_backend_pid()") + ")";

    private final Connection connection;

    /// The lease as seen by one session.
    public Lease(Connection connection) {
        this.connection = connection;
    }

    /// What came of trying to take the lease.
    public enum Attempt {
        /// This session has it now.
        TAKEN,
        /// Another session has it.
        HELD_BY_ANOTHER,
        /// The server is a hot standby: nothing can be refreshed, and there is no lease, until it
        /// is promoted.
        IN_RECOVERY
    }

    /// Takes the lease if nobody has it and the server can be written to.
    public Attempt tryAcquire() throws SQLException {
        return Sql.one(
                connection,
                "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'IN_RECOVERY' WHEN pg_catalog.pg_try_advisory_lock("
                        + CLASS
                        + ", "
                        + OBJECT
                        + ") THEN 'TAKEN' ELSE 'HELD_BY_ANOTHER' END",
                row -> Attempt.valueOf(row.getString(1)));
    }

    /// Ends the session that has the lease when it has said nothing for longer than a service that
    /// works does: its process is stopped, or its machine is gone, and PostgreSQL does not know.
    ///
    /// @return whether that was so
    public boolean endSilent(Duration limit) throws SQLException {
        List<Boolean> ended =
                Sql.query(
                        connection,
                        "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_locks l"
                                + " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE "
                                + HELD
                                + " AND a.state = 'idle' AND clock_timestamp() - a.state_change > make_interval(secs => ?)",
                        row -> row.getBoolean(1),
                        limit.toMillis() / 1e3);
        return ended.contains(true);
    }

    /// Whether this session has the lease.
    public boolean held() throws SQLException {
        return Sql.one(connection, "SELECT " + LEADS, row -> row.getBoolean(1));
    }

    /// A query with a row when the session of a process of the server has the lease.
    static String heldBy(String pid) {
        return "SELECT FROM pg_catalog.pg_locks l WHERE " + HELD + " AND l.pid = " + pid;
    }

    /// Gives the lease back.
    public void release() throws SQLException {
        Sql.execute(
                connection, "SELECT pg_catalog.pg_advisory_unlock(" + CLASS + ", " + OBJECT + ")");
    }
}
