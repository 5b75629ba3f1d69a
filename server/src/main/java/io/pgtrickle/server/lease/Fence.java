package io.pgtrickle.server.lease;

import io.pgtrickle.runtime.jdbc.Sql;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;

/*
 * A process can be stopped anywhere, for any time, and goes on as if nothing had happened. When another service leads by
 * then, no session may be left by which the first one could write: not one in the middle of a transaction, and not one
 * that it opens before it has noticed. So a session that is to write joins the term of its service: it takes a shared
 * advisory lock with the number of the term, and then looks whether the lease is still held by the service's session.
 * Who takes the lease ends all sessions with other numbers afterwards. One that has found the lease held has its lock
 * before the lease could change hands, and is seen; one that has not is no session of a leader.
 */

/// Keeps the sessions of a service that leads apart from those of services that led before.
///
/// Thread-safe but for [#endOthers], which uses the connection that holds the lease.
public final class Fence {
    private static final int CLASS = Lease.CLASS + 1;

    private final Connection control;
    private final int holder;
    private final int term;

    private Fence(Connection control, int holder, int term) {
        this.control = control;
        this.holder = holder;
        this.term = term;
    }

    /// The fence of a new term.
    ///
    /// @param control the connection that holds the lease
    public static Fence of(Connection control) throws SQLException {
        int pid = Sql.one(control, "SELECT pg_catalog.pg_backend_pid()", row -> row.getInt(1));
        return new Fence(control, pid, new SecureRandom().nextInt(Integer.MAX_VALUE));
    }

    /// Statements by which a new session joins the term. They fail when the lease has been lost.
    public String joining() {
        return """
        DO $$ BEGIN
            PERFORM pg_catalog.pg_advisory_lock_shared(%d, %d);
            IF NOT EXISTS (%s) THEN
                RAISE EXCEPTION 'this service does not lead any more' USING ERRCODE = '08003';
            END IF;
        END $$\
        """
                .formatted(CLASS, term, Lease.heldBy(Integer.toString(holder)));
    }

    /// Ends the sessions of all other terms. To be called by who has the lease, before it leads.
    ///
    /// @return how many there were
    public int endOthers() throws SQLException {
        return Sql.query(
                        control,
                        "SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory'"
                                + " AND l.granted AND l.classid = "
                                + CLASS
                                + " AND l.objid <> "
                                + term
                                + " AND l.objsubid = "
                                + Lease.TWO_KEYS
                                + " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
                                + " WHERE d.datname = pg_catalog.current_database())",
                        row -> row.getBoolean(1))
                .size();
    }
}
