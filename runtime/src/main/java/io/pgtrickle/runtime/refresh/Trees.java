package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Kind;
import io.pgtrickle.compiler.emit.SnapshotSql;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/// Keeps the tables that a refresh reads the same while it runs. Its snapshot fixes the rows it
/// sees, but neither the partitions and children of a table, which PostgreSQL reads when a
/// statement begins, nor a table that ALTER TABLE writes anew, which looks empty to a snapshot from
/// before.
final class Trees {
    private Trees() {}

    /// Statements to be executed before the snapshot is taken: while their locks are held, which no
    /// writer notices, nothing is altered and no partition or child is detached or dropped.
    static List<String> locks(Definition definition) {
        List<Relation> read = new ArrayList<>(definition.consumed());
        definition.analysis().relations().stream()
                .filter(it -> read.stream().noneMatch(other -> other.relid() == it.relid()))
                .forEach(read::add);
        String tables =
                read.stream()
                        .filter(Trees::canBeLocked)
                        .sorted(Comparator.comparingLong(Relation::oid))
                        .map(SnapshotSql::live)
                        .collect(Collectors.joining(", "));
        return tables.isEmpty()
                ? List.of()
                : List.of("LOCK TABLE " + tables + " IN ACCESS SHARE MODE");
    }

    private static boolean canBeLocked(Relation relation) {
        return switch (relation.kind()) {
            case TABLE, STREAM_TABLE, PARTITIONED_TABLE, INHERITANCE_PARENT -> true;
            case VIEW, MATERIALIZED_VIEW, FOREIGN_TABLE, SYSTEM_TABLE, OTHER -> false;
        };
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
