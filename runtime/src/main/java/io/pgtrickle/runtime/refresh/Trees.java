package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Kind;
import io.pgtrickle.compiler.emit.SnapshotSql;
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
