package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.Optional;

/// The two who may have rights on a source: the session's own role and the stream table's owner.
///
/// @param session the session with its own rights
/// @param rights the owner's
public record Actors(Session session, Rights rights) {

    /// Which of the two may do something with a table.
    public enum Actor {
        OWN,
        OWNER,
        NOBODY
    }

    /// The session with the rights of one of them.
    Session as(Actor actor) {
        return switch (actor) {
            case OWN -> session;
            case OWNER -> session.as(rights);
            case NOBODY -> throw new IllegalArgumentException("nobody may");
        };
    }

    /// An SQL expression, the name of the actor for whom a condition holds.
    ///
    /// @param condition for the role `%s`, an SQL expression of type `oid`
    String first(String condition) {
        String owner =
                rights.role()
                        .map(role ->
                                " WHEN "
                                        + condition.replace("%s", role + "::oid")
                                        + " THEN 'OWNER'")
                        .orElse("");
        return "CASE WHEN "
                + condition.replace("%s", "pgtrickle._role(current_user)")
                + " THEN 'OWN'"
                + owner
                + " ELSE 'NOBODY' END";
    }

    /// The session with the rights of the one who may lock a table against writers; empty when
    /// neither may.
    ///
    /// @param relation the table's OID
    public Optional<Session> locker(long relation) throws SQLException {
        Actor actor =
                session.first(
                                "SELECT "
                                        + first(
                                                "has_schema_privilege(%s, c.relnamespace, 'USAGE') AND"
                                                        + " has_table_privilege(%s, c.oid, 'UPDATE, DELETE, TRUNCATE')")
                                        + " FROM pg_class c WHERE c.oid = CAST(? AS bigint)::oid",
                                row -> Actor.valueOf(row.getString(1)),
                                relation)
                        .orElse(Actor.OWN);
        return actor == Actor.NOBODY ? Optional.empty() : Optional.of(as(actor));
    }

    /// The owner's name as SQL text.
    String owner() throws SQLException {
        return session.first(
                        "SELECT pg_get_userbyid(CAST(? AS bigint)::oid)",
                        row -> Identifier.quote(row.getString(1)),
                        rights.role().orElseThrow())
                .orElseThrow();
    }
}
