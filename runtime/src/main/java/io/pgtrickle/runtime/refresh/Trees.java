package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Kind;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// Keeps the partitions and children of the sources the same during a refresh. Its snapshot fixes
/// the rows it sees, but not the tables: PostgreSQL reads those that belong to a tree when a
/// statement begins.
final class Trees {
    private Trees() {}

    /// Statements to be executed before the snapshot is taken: while their locks are held, no
    /// partition and no child is detached or dropped.
    static List<String> locks(Definition definition) {
        return definition.consumed().stream()
                .filter(it -> it.kind() == Kind.PARTITIONED_TABLE || isParent(it))
                .map(it -> "LOCK TABLE " + SnapshotSql.live(it) + " IN ACCESS SHARE MODE")
                .toList();
    }

    /// Takes the locks with the rights of the stream table's owner, after the snapshot, and fails,
    /// so that the refresh is run again, when something was detached or dropped in between.
    static void lock(Session session, Rights owner, Definition definition) throws SQLException {
        List<String> locks = locks(definition);
        if (owner.equals(Rights.OWN) || locks.isEmpty()) {
            return;
        }
        session.as(owner).executeAll(locks);
        for (Relation source : definition.consumed()) {
            if (source.kind() != Kind.PARTITIONED_TABLE && !isParent(source)) {
                continue;
            }
            // The locks show the latest state, the family that of the snapshot.
            boolean gone =
                    session.first(
                                    """
                                    SELECT EXISTS (SELECT m::oid FROM pgtrickle.family_members(CAST(? AS bigint)::oid) AS m
                                        EXCEPT SELECT l.relation FROM pg_locks l
                                        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation')
                                    """,
                                    row -> row.getBoolean(1),
                                    source.relid())
                            .orElse(false);
            if (gone) {
                throw new SQLException(
                        "a partition of " + source.displayName() + " was detached meanwhile",
                        "40001");
            }
        }
    }

    private static boolean isParent(Relation relation) {
        return relation.kind() == Kind.INHERITANCE_PARENT && !relation.only();
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
