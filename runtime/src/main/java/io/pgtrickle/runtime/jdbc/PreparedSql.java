package io.pgtrickle.runtime.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.WeakHashMap;
import org.postgresql.PGConnection;

/// Large statements without parameters, prepared once a connection so that they are parsed and
/// planned once.
///
/// `PREPARE` and `EXECUTE` are used as SQL: the driver's own preparation would read question marks,
/// which are operators in users' expressions, as parameters. Thread-safe; a connection is used by
/// one thread at a time.
public final class PreparedSql {
    private static final int MAX_PER_CONNECTION = 200;

    /// Tells this object's statements from those of others that use the same pooled connections.
    private final String prefix = "__pgt_" + UUID.randomUUID().toString().replace("-", "") + "_";

    private final Map<PGConnection, Names> connections = new WeakHashMap<>();

    /// The prepared statements of one connection, least recently used first.
    private static final class Names {
        final Map<String, String> byText = new LinkedHashMap<>(16, 0.75f, true);
        long next = 1;
    }

    /// The only row of a statement.
    public <T> T one(Connection connection, String sql, Sql.RowReader<T> reader)
            throws SQLException {
        PGConnection physical = connection.unwrap(PGConnection.class);
        Names names;
        synchronized (connections) {
            names = connections.computeIfAbsent(physical, _ -> new Names());
        }
        String name = names.byText.get(sql);
        if (name == null) {
            name = prepare(connection, names, sql);
        }
        try {
            return Sql.one(connection, "EXECUTE " + name, reader);
        } catch (SQLException e) {
            if (Errors.isUnknownPreparedStatement(e)) {
                names.byText.clear();
            }
            throw e;
        }
    }

    /// Forgets the statements of a connection, which has none any more.
    public void forget(Connection connection) throws SQLException {
        PGConnection physical = connection.unwrap(PGConnection.class);
        synchronized (connections) {
            connections.remove(physical);
        }
    }

    private String prepare(Connection connection, Names names, String sql) throws SQLException {
        if (names.byText.size() >= MAX_PER_CONNECTION) {
            Map.Entry<String, String> eldest = names.byText.entrySet().iterator().next();
            Sql.execute(connection, "DEALLOCATE " + eldest.getValue());
            names.byText.remove(eldest.getKey());
        }
        String name = prefix + names.next++;
        Sql.execute(connection, "PREPARE " + name + " AS " + sql);
        names.byText.put(sql, name);
        return name;
    }
}
