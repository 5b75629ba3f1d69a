package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/// The hidden tables in which a stream table keeps its inner results.
public final class HiddenState {
    private HiddenState() {}

    /// Makes the empty tables that a query needs, in place of those that are there.
    public static void create(Connection connection, long streamTable, CompiledQuery query)
            throws SQLException {
        drop(connection, streamTable);
        Sql.executeAll(connection, query.createStates(new StateTables(streamTable)));
    }

    /// Drops the tables of a stream table.
    public static void drop(Connection connection, long streamTable) throws SQLException {
        for (String name :
                Sql.query(
                        connection,
                        """
                        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'pgtrickle_changes' AND c.relkind = 'r' AND c.relname ~ ('^state_' || ? || '_[0-9]+$')
                        ORDER BY c.relname
                        """,
                        row -> row.getString(1),
                        Long.toString(streamTable))) {
            Sql.execute(connection, "DROP TABLE " + Identifier.quote("pgtrickle_changes", name));
        }
    }

    /// Fills the tables anew from the current state of the sources.
    static void fill(Connection connection, long streamTable, CompiledQuery query)
            throws SQLException {
        Sql.executeAll(connection, query.fillStates(new StateTables(streamTable)));
    }
}
