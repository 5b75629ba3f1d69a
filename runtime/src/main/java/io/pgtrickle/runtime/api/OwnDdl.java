package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;

/// Tells our event triggers that DDL is our own: what it drops needs no cleaning up after. A
/// transaction that is rolled back ends it as well.
final class OwnDdl {
    private OwnDdl() {}

    static void begin(Session session) throws SQLException {
        session.execute("SET LOCAL pg_trickle.own_ddl = 'on'");
    }

    static void end(Session session) throws SQLException {
        session.execute("SET LOCAL pg_trickle.own_ddl = 'off'");
    }
}
