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
    static List<String> locks(List<Definition> definitions) {
        String tables =
                definitions.stream()
                        .flatMap(Trees::read)
                        .map(SnapshotSql::live)
                        .distinct()
                        .collect(Collectors.joining(", "));
        return tables.isEmpty()
                ? List.of()
                : List.of("LOCK TABLE " + tables + " IN ACCESS SHARE MODE");
    }

    /// Takes the locks with the rights of the stream table's owner, after the snapshot, and fails,
    /// so that the refresh is run again, when one of the tables was detached or dropped in between.
    /// Tables of which the owner may read some columns only are locked when they are read.
    static void lock(Session session, Rights owner, Definition definition) throws SQLException {
        if (owner.equals(Rights.OWN)) {
            return;
        }
        List<Relation> read = read(definition).toList();
        List<Long> whole =
                session.query(
                        "SELECT r FROM unnest(CAST(? AS bigint[])) AS r WHERE has_table_privilege(CAST(? AS"
                                + " bigint)::oid, r::oid, 'SELECT')",
                        row -> row.getLong(1),
                        new Session.ArrayOf("int8", read.stream().map(Relation::relid).toList()),
                        owner.role().orElseThrow());
        List<Relation> locked = read.stream().filter(it -> whole.contains(it.relid())).toList();
        if (locked.isEmpty()) {
            return;
        }
        session.as(owner)
                .execute(
                        "LOCK TABLE "
                                + locked.stream()
                                        .map(SnapshotSql::live)
                                        .collect(Collectors.joining(", "))
                                + " IN ACCESS SHARE MODE");
        // The locks show the latest state, everything else that of the snapshot.
        requireNone(
                session,
                locked.stream().filter(it -> !it.only()).toList(),
                "NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'"
                        + " AND l.relation = m)");
    }

    /// Fails when a table that was read with the rights of the stream table's owner has been
    /// written anew since the snapshot was taken, which looks empty then. Now it is locked.
    static void requireSameFiles(Session session, Rights owner, Definition definition)
            throws SQLException {
        if (!owner.equals(Rights.OWN)) {
            requireNone(
                    session,
                    read(definition).toList(),
                    "pg_relation_filenode(m) IS DISTINCT FROM nullif(c.relfilenode, 0)");
        }
    }

    private static void requireNone(Session session, List<Relation> tables, String condition)
            throws SQLException {
        boolean some =
                session.first(
                                "SELECT EXISTS (SELECT FROM unnest(CAST(? AS bigint[])) AS r,"
                                        + " pgtrickle.family_members(r::oid) AS m LEFT JOIN pg_class c ON c.oid = m WHERE "
                                        + condition
                                        + ")",
                                row -> row.getBoolean(1),
                                new Session.ArrayOf(
                                        "int8", tables.stream().map(Relation::relid).toList()))
                        .orElse(false);
        if (some) {
            throw new SQLException("a source was altered meanwhile", "40001");
        }
    }

    private static Stream<Relation> read(Definition definition) {
        List<Relation> read = new ArrayList<>(definition.consumed());
        definition.analysis().relations().stream()
                .filter(it -> read.stream().noneMatch(other -> other.relid() == it.relid()))
                .forEach(read::add);
        return read.stream()
                .filter(Trees::canBeLocked)
                .sorted(Comparator.comparingLong(Relation::oid));
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
