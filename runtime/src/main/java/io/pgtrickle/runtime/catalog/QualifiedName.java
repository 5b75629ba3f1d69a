package io.pgtrickle.runtime.catalog;

import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// A schema and a name in it, as the catalog holds them.
public record QualifiedName(String schema, String name) {

    /// Both as SQL text.
    public String quoted() {
        return Identifier.quote(schema, name);
    }

    /// Parses a name as PostgreSQL does; an unqualified one belongs to the first schema of the
    /// search path.
    ///
    /// @throws PgTrickleException with SQLSTATE 42602 for what is no name
    public static QualifiedName forCreation(Session session, String text) throws SQLException {
        String[] parts = parse(session, text);
        if (parts.length == 2) {
            return new QualifiedName(parts[0], parts[1]);
        }
        String schema =
                session.asCaller()
                        .queryByUsersNames(
                                "SELECT pg_catalog.current_schema()", row -> row.optionalString(1))
                        .getFirst()
                        .orElseThrow(() ->
                                PgTrickleException.of(
                                                "3F000", "no schema has been selected to create in")
                                        .detail("The search path has no schema that exists.")
                                        .hint(
                                                "Qualify the name, as in public.name, or set search_path.")
                                        .build());
        return new QualifiedName(schema, parts[0]);
    }

    /// The parts of a name, cut to 63 bytes as PostgreSQL does.
    static String[] parse(Session session, String text) throws SQLException {
        try {
            List<String> names =
                    session.first(
                                    "SELECT array_agg(part::name::text ORDER BY n) FROM unnest(parse_ident(?)) WITH"
                                            + " ORDINALITY AS p(part, n)",
                                    row -> row.strings(1),
                                    text)
                            .orElseThrow();
            String[] parts = names.toArray(String[]::new);
            if (parts.length > 2) {
                throw invalid(text, "It has more than two parts.");
            }
            return parts;
        } catch (SQLException e) {
            if ("22023".equals(e.getSQLState())) {
                throw invalid(text, "It cannot be read as an identifier.");
            }
            throw e;
        }
    }

    private static PgTrickleException invalid(String text, String detail) {
        return PgTrickleException.of("42602", "invalid name: \"" + text + "\"")
                .detail(detail)
                .hint(
                        "Write name or schema.name; put parts with special characters in double quotes.")
                .build();
    }
}
