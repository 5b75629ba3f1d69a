package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;

/// The hidden tables in which a stream table keeps its inner results.
public final class HiddenState {
    private HiddenState() {}

    /// Makes the empty tables that a query needs, in place of those that are there.
    ///
    /// @param session with the rights of the stream table's owner, who will own them
    public static void create(Session session, long streamTable, CompiledQuery query)
            throws SQLException {
        drop(session.engine(), streamTable);
        session.executeAll(query.createStates(new StateTables(streamTable)));
    }

    /// Drops the tables of a stream table.
    public static void drop(Session session, long streamTable) throws SQLException {
        for (String name :
                session.query(
                        """
                        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'pgtrickle_owned' AND c.relkind = 'r' AND c.relname ~ ('^state_' || ? || '_[0-9]+$')
                        ORDER BY c.relname
                        """,
                        row -> row.getString(1),
                        Long.toString(streamTable))) {
            session.execute("DROP TABLE " + Identifier.quote("pgtrickle_owned", name) + " CASCADE");
        }
    }

    /// Fills the tables anew from the current state of the sources.
    static void fill(Session session, long streamTable, CompiledQuery query) throws SQLException {
        session.executeAll(query.fillStates(new StateTables(streamTable)));
    }
}
