package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.Optional;

/// Finds stream tables by the names users give.
public final class StreamTableLookup {
    private StreamTableLookup() {}

    /// The stream table that `name` means: as `to_regclass` resolves it, or, when its table is
    /// gone, as recorded.
    ///
    /// @throws PgTrickleException with SQLSTATE 42P01 when there is none
    public static StreamTableRow find(Session session, String name) throws SQLException {
        String[] parts = QualifiedName.parse(session, name);
        Optional<Long> relation =
                session.queryByUsersNames(
                                "SELECT pg_catalog.to_regclass(?)::pg_catalog.oid::pg_catalog.int8",
                                row -> row.optionalLong(1),
                                name)
                        .getFirst();
        Optional<StreamTableRow> found =
                relation.isPresent()
                        ? StreamTableRow.byRelation(session, relation.get())
                        : Optional.empty();
        if (found.isEmpty() && parts.length == 2) {
            found = StreamTableRow.byName(session, new QualifiedName(parts[0], parts[1]));
        }
        return found.orElseThrow(() -> notFound(name));
    }

    /// The error for a stream table that does not exist.
    public static PgTrickleException notFound(String name) {
        return PgTrickleException.of("42P01", "stream table not found: " + name)
                .detail("No stream table of that name is on the search path.")
                .hint("List them with \"pgtrickle list\"; qualify the name with its schema.")
                .build();
    }
}
