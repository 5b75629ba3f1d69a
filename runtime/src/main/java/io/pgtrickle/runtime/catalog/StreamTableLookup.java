package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// Finds stream tables by the names users give.
public final class StreamTableLookup {
    private StreamTableLookup() {}

    /// The stream table that `name` means: by the caller's search path, or, when its table is gone,
    /// as recorded.
    ///
    /// @throws PgTrickleException with SQLSTATE 42P01 when there is none
    public static StreamTableRow find(Session session, String name) throws SQLException {
        String[] parts = QualifiedName.parse(session, name);
        List<String> path = parts.length == 2 ? List.of(parts[0]) : session.searchPath();
        // As to_regclass() finds it, but in schemas that the session's own role may not use as
        // well.
        Optional<Long> relation =
                session.first(
                        "SELECT c.oid::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ="
                                + " c.relnamespace WHERE c.relname = ? AND n.nspname = ANY (CAST(? AS text[])) ORDER BY"
                                + " pg_catalog.array_position(CAST(? AS text[]), n.nspname::text) LIMIT 1",
                        row -> row.getLong(1),
                        parts[parts.length - 1],
                        new Session.ArrayOf("text", path),
                        new Session.ArrayOf("text", path));
        Optional<StreamTableRow> found =
                relation.isPresent()
                        ? StreamTableRow.byRelation(session, relation.get())
                        : Optional.empty();
        if (found.isEmpty() && parts.length == 2) {
            found = StreamTableRow.byName(session, new QualifiedName(parts[0], parts[1]));
        }
        return found.orElseThrow(() -> notFound(name));
    }

    /// The same for what only its owner, its members and superusers may do.
    ///
    /// @throws PgTrickleException with SQLSTATE 42501 for anybody else who calls the SQL API
    public static StreamTableRow findOwned(Session session, String name) throws SQLException {
        StreamTableRow row = find(session, name);
        requireOwner(session, row);
        return row;
    }

    /// Fails unless the caller, if there is one, owns the stream table.
    public static void requireOwner(Session session, StreamTableRow row) throws SQLException {
        if (!isOwner(session, row)) {
            throw PgTrickleException.of("42501", "must be owner of stream table " + row.table())
                    .detail(
                            "Its owner, members of that role and superusers may change and refresh it.")
                    .hint("SET ROLE to its owner, or ask for the membership.")
                    .build();
        }
    }

    /// Whether the caller owns the stream table; who has a connection of his own may try.
    public static boolean isOwner(Session session, StreamTableRow row) throws SQLException {
        Optional<Session.Caller> caller = session.caller();
        return caller.isEmpty()
                || session.engine()
                        .first(
                                "SELECT pgtrickle._owns(CAST(? AS bigint)::oid, CAST(? AS bigint)::oid)",
                                it -> it.getBoolean(1),
                                caller.get().role(),
                                row.relation())
                        .orElse(false);
    }

    /// The error for a stream table that does not exist.
    public static PgTrickleException notFound(String name) {
        return PgTrickleException.of("42P01", "stream table not found: " + name)
                .detail("No stream table of that name is on the search path.")
                .hint("List them with \"pgtrickle list\"; qualify the name with its schema.")
                .build();
    }
}
