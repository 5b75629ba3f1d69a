package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Kind;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Keeps the tables that a refresh reads the same while it runs. Its snapshot fixes the rows it
/// sees, but neither the partitions and children of a table, which PostgreSQL reads when a
/// statement begins, nor a table that ALTER TABLE writes anew, which looks empty to a snapshot from
/// before.
final class Trees {
    private Trees() {}

    /// Statements to be executed before the snapshot is taken: while their locks are held, which no
    /// writer notices, nothing is altered and no partition or child is detached or dropped.
    static List<String> locks(Definition definition) {
        String tables =
                locked(definition).stream()
                        .map(SnapshotSql::live)
                        .collect(Collectors.joining(", "));
        return tables.isEmpty()
                ? List.of()
                : List.of("LOCK TABLE " + tables + " IN ACCESS SHARE MODE");
    }

    private static List<Relation> locked(Definition definition) {
        List<Relation> read = new ArrayList<>(definition.consumed());
        definition.analysis().relations().stream()
                .filter(it -> read.stream().noneMatch(other -> other.relid() == it.relid()))
                .forEach(read::add);
        return read.stream()
                .filter(Trees::canBeLocked)
                .sorted(Comparator.comparingLong(Relation::oid))
                .toList();
    }

    private static boolean canBeLocked(Relation relation) {
        return switch (relation.kind()) {
            case TABLE, STREAM_TABLE, PARTITIONED_TABLE, INHERITANCE_PARENT -> true;
            case VIEW, MATERIALIZED_VIEW, FOREIGN_TABLE, SYSTEM_TABLE, OTHER -> false;
        };
    }

    /// Takes the locks with the rights of the stream table's owner, after the snapshot, and fails,
    /// so that the refresh is run again, when a table was written anew, or a partition was detached
    /// or dropped, in between.
    static void lock(Session session, Rights owner, Definition definition) throws SQLException {
        List<Relation> tables = locked(definition);
        if (owner.equals(Rights.OWN) || tables.isEmpty()) {
            return;
        }
        session.as(owner).executeAll(locks(definition));
        // The locks and pg_relation_filenode show the latest state, all else that of the snapshot.
        boolean changed =
                session.first(
                                """
                                SELECT EXISTS (
                                        SELECT FROM pg_class c WHERE c.oid = ANY (CAST(? AS bigint[])::oid[])
                                          AND pg_relation_filenode(c.oid) IS DISTINCT FROM nullif(c.relfilenode, 0))
                                    OR EXISTS (
                                        SELECT FROM unnest(CAST(? AS bigint[])::oid[]) AS r(oid)
                                        CROSS JOIN LATERAL (SELECT f::oid AS oid FROM pgtrickle.family_members(r.oid) AS f) m
                                        LEFT JOIN pg_class c ON c.oid = m.oid
                                        WHERE pg_relation_filenode(m.oid) IS DISTINCT FROM nullif(c.relfilenode, 0)
                                           OR NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid()
                                                          AND l.locktype = 'relation' AND l.relation = m.oid))
                                """,
                                row -> row.getBoolean(1),
                                relids(tables.stream()),
                                relids(tables.stream().filter(Trees::isTree)))
                        .orElse(false);
        if (changed) {
            throw new SQLException("a source was altered meanwhile", "40001");
        }
    }

    private static Session.ArrayOf relids(Stream<Relation> tables) {
        return new Session.ArrayOf("int8", tables.map(Relation::relid).toList());
    }

    private static boolean isTree(Relation relation) {
        return relation.kind() == Kind.PARTITIONED_TABLE
                || (relation.kind() == Kind.INHERITANCE_PARENT && !relation.only());
    }

    /// Fails, so that the refresh is run again, when a partition was attached since the snapshot
    /// was taken: no lock that a reader may hold prevents that.
    static void requireSame(Session session, Definition definition) throws SQLException {
        for (Relation source : definition.consumed()) {
            if (source.kind() != Kind.PARTITIONED_TABLE) {
                continue;
            }
            // pg_partition_tree sees the latest state, everything else that of the snapshot.
            List<Long> late =
                    session.query(
                            """
                            SELECT p.relid::oid::bigint FROM pg_partition_tree(CAST(CAST(? AS bigint) AS regclass)) AS p
                            EXCEPT SELECT m::bigint FROM pgtrickle.family_members(CAST(? AS bigint)::oid) AS m
                            """,
                            row -> row.getLong(1),
                            source.relid(),
                            source.relid());
            if (!late.isEmpty()) {
                throw new SQLException(
                        "a partition was attached to " + source.displayName() + " meanwhile",
                        "40001");
            }
        }
    }
}
