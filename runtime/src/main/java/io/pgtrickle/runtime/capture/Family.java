package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql.Level;
import io.pgtrickle.runtime.capture.Actors.Actor;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// A table with everything that is read when it is read: its partitions or children.
///
/// @param level how its changes are captured
/// @param members all tables, the source first
/// @param partitionKey the columns that decide in which partition a row is; all columns, when it is
///   an expression that decides; empty when there are no partitions
/// @param text identifies level and members; empty for a table without relatives, and for one that
///   is read with ONLY, whose relatives do not matter
record Family(Level level, List<Member> members, List<String> partitionKey, Optional<String> text) {
    Family {
        members = List.copyOf(members);
        partitionKey = List.copyOf(partitionKey);
    }

    /// One table.
    ///
    /// @param name its name, qualified and quoted
    /// @param partitioned whether its rows are in its partitions, which get its row triggers from
    ///   it
    /// @param alters who owns it
    /// @param makesTriggers who may create triggers on it
    record Member(long oid, String name, boolean partitioned, Actor alters, Actor makesTriggers) {}

    /// The family as it is now.
    static Family of(Actors actors, Relation relation) throws SQLException {
        Session session = actors.session();
        Optional<String> text =
                relation.only()
                        ? Optional.empty()
                        : session.first(
                                        "SELECT pgtrickle.family(CAST(? AS bigint)::oid)",
                                        row -> row.optionalString(1),
                                        relation.relid())
                                .flatMap(it -> it);
        Level level =
                relation.only() || text.filter(it -> it.startsWith("ROW ")).isPresent()
                        ? Level.ROW
                        : Level.STATEMENT;
        List<Member> members =
                members(
                        actors,
                        """
                        c.oid = CAST(? AS bigint)::oid
                           OR c.oid = ANY (string_to_array(split_part(?, ' ', 2), ',')::oid[])
                        ORDER BY c.oid <> CAST(? AS bigint)::oid, c.oid
                        """,
                        relation.relid(),
                        text.orElse(""),
                        relation.relid());
        return new Family(level, members, partitionKey(session, members), text);
    }

    /// Tables, and who of the two may do what with them.
    ///
    /// @param condition for the row `c` of `pg_class`, with the order
    static List<Member> members(Actors actors, String condition, Object... parameters)
            throws SQLException {
        return actors.session()
                .query(
                        "SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), c.relkind = 'p', "
                                + actors.first("pg_has_role(%s, c.relowner, 'USAGE')")
                                + ", "
                                + actors.first(
                                        "has_schema_privilege(%s, n.oid, 'USAGE') AND"
                                                + " has_table_privilege(%s, c.oid, 'TRIGGER')")
                                + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                                + condition,
                        row ->
                                new Member(
                                        row.getLong(1),
                                        row.getString(2),
                                        row.getBoolean(3),
                                        Actor.valueOf(row.getString(4)),
                                        Actor.valueOf(row.getString(5))),
                        parameters);
    }

    private static List<String> partitionKey(Session session, List<Member> members)
            throws SQLException {
        if (!members.getFirst().partitioned()) {
            return List.of();
        }
        return session.query(
                """
                SELECT DISTINCT a.attname FROM pg_partitioned_table p
                JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE p.partrelid = ANY (CAST(CAST(? AS bigint[]) AS oid[]))
                  AND (a.attnum = ANY (p.partattrs) OR 0 = ANY (p.partattrs) AND a.attgenerated = '')
                ORDER BY a.attname
                """,
                row -> row.getString(1),
                new Session.ArrayOf("int8", members.stream().map(Member::oid).toList()));
    }

    /// The tables that get the triggers for rows. Partitions get them from the table above.
    List<Member> rowMembers() {
        return level == Level.ROW && members.getFirst().partitioned()
                ? members.subList(0, 1)
                : members;
    }
}
