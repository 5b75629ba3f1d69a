package io.pgtrickle.server.lease;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/// The right to refresh the stream tables of one database: a session advisory lock.
///
/// PostgreSQL gives the lock up with the session, so a service that is killed needs to do nothing.
/// What a holder does through the very session that holds the lock cannot happen without it. One
/// thread.
public final class Lease {
    /// "pgtr" in ASCII: the first key of the advisory lock.
    private static final int CLASS = 0x70677472;

    /// The second key: the service's lease.
    private static final int OBJECT = 1;

    /// `objsubid` of an advisory lock with two keys.
    private static final int TWO_KEYS = 2;

    private final Connection connection;

    /// The lease as seen by one session.
    public Lease(Connection connection) {
        this.connection = connection;
    }

    /// Takes the lease if nobody has it.
    ///
    /// @return whether this session has it now
    public boolean tryAcquire() throws SQLException {
        return Sql.one(
                connection,
                "SELECT pg_catalog.pg_try_advisory_lock(" + CLASS + ", " + OBJECT + ")",
                row -> row.getBoolean(1));
    }

    /// Whether this session has the lease.
    public boolean held() throws SQLException {
        return Sql.one(
                connection,
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
                        + " AND pid = pg_catalog.pg_backend_pid() AND classid = "
                        + CLASS
                        + " AND objid = "
                        + OBJECT
                        + " AND objsubid = "
                        + TWO_KEYS
                        + ")",
                row -> row.getBoolean(1));
    }

    /// Gives the lease back.
    public void release() throws SQLException {
        Sql.execute(
                connection, "SELECT pg_catalog.pg_advisory_unlock(" + CLASS + ", " + OBJECT + ")");
    }
}
