package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.plan.Column;
import java.util.List;
import java.util.stream.Collectors;

/// The SQL of a source that has no triggers: a materialized view, a foreign table.
///
/// A table, the snapshot, holds its rows as they were last seen, with the columns named as in its
/// change buffer. To find what changed, the relation is read and compared with the snapshot, row
/// image by row image, as a multiset. Refreshes read the snapshot and never the relation: so a
/// change reaches them together with its row in the buffer.
///
/// @param relation the source
/// @param columns the captured columns, in the order of the buffer's row type
public record SnapshotSql(Relation relation, List<RelationColumn> columns) {
    public SnapshotSql {
        columns = List.copyOf(columns);
    }

    /// The snapshot's name, quoted.
    static String table(Relation relation) {
        return CaptureSql.of(relation).snapshot();
    }

    /// The relation itself, as FROM reads it.
    public static String live(Relation relation) {
        return (relation.only() ? "ONLY " : "")
                + Identifier.quote(relation.schema(), relation.name());
    }

    /// Creates the snapshot with the relation's rows.
    public String create() {
        return "CREATE TABLE "
                + table(relation)
                + " WITH (autovacuum_vacuum_scale_factor = 0.05) AS "
                + select();
    }

    /// Makes the snapshot anew, with other columns. What changed meanwhile is not captured: who
    /// reads it must recompute.
    public List<String> recreate() {
        return List.of("DROP TABLE " + table(relation), create());
    }

    /// Looks whether a materialized view can have changed since it was compared at a state that
    /// this returned: one row with the state now and whether it proves that nothing changed.
    ///
    /// REFRESH writes another file. REFRESH CONCURRENTLY deletes rows and inserts others: when no
    /// row is younger than the old state and there are as many as then, they are the same rows.
    ///
    /// @param before an SQL expression of type `jsonb`: the old state, or NULL
    public String unchanged(String before) {
        return "SELECT jsonb_build_object('file', s.file, 'rows', s.rows, 'horizon', s.horizon),"
                + " coalesce((b.state ->> 'file')::bigint = s.file AND (b.state ->> 'rows')::bigint = s.rows"
                + " AND CAST(s.horizon AS bigint) - (b.state ->> 'horizon')::bigint < 1000000000"
                + " AND (s.rows = 0 OR s.youngest > age(CAST(CAST(b.state ->> 'horizon' AS xid8) AS xid))), false)"
                + " FROM (SELECT CAST(pg_relation_filenode(CAST("
                + relation.relid()
                + " AS regclass)) AS bigint) AS file, count(*) AS rows, min(age(l.xmin)) AS youngest,"
                + " CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS horizon FROM "
                + live(relation)
                + " AS l) AS s CROSS JOIN (SELECT "
                + before
                + " AS state) AS b";
    }

    private String select() {
        return "SELECT "
                + columns.stream()
                        .map(column ->
                                "b."
                                        + Identifier.quote(column.name())
                                        + " AS "
                                        + PendingChanges.column(column.number()))
                        .collect(Collectors.joining(", "))
                + " FROM "
                + live(relation)
                + " AS b";
    }

    /// Compares, writes the difference to the change buffer and applies it to the snapshot; returns
    /// one row with the number of rows that differ. The relation is read once.
    public String compare() {
        List<Column> image =
                columns.stream()
                        .map(column ->
                                new Column(
                                        PendingChanges.column(column.number()),
                                        column.type(),
                                        Nullability.NULLABLE))
                        .toList();
        String names = Expressions.list(image);
        CaptureSql capture = CaptureSql.of(relation);
        String row = "CAST(ROW(" + Expressions.list("d", image) + ") AS " + capture.rowType() + ")";
        return "WITH net AS MATERIALIZED (SELECT "
                + Expressions.imageColumns(image)
                + ", sum(w) AS w, array_agg(tid) FILTER (WHERE w < 0) AS tids FROM (SELECT l.*, 1 AS w,"
                + " CAST(NULL AS tid) AS tid FROM ("
                + select()
                + ") AS l UNION ALL SELECT "
                + names
                + ", -1, s.ctid FROM "
                + table(relation)
                + " AS s) AS i GROUP BY "
                + Expressions.imageKey(image)
                + " HAVING sum(w) <> 0),\ngone AS (DELETE FROM "
                + table(relation)
                + " WHERE ctid = ANY (ARRAY(SELECT t.tid FROM net AS d CROSS JOIN LATERAL"
                + " unnest(d.tids[1:-d.w]) AS t(tid) WHERE d.w < 0)) RETURNING 1),\ncame AS (INSERT INTO "
                + table(relation)
                + " ("
                + names
                + ") SELECT "
                + Expressions.list("d", image)
                + " FROM net AS d CROSS JOIN LATERAL generate_series(1, d.w) WHERE d.w > 0),\n"
                + "numbered AS (SELECT "
                + row
                + " AS r, d.w > 0 AS added, (row_number() OVER () - 1) / "
                + OutputBuffer.BATCH_ROWS
                + " AS batch FROM net AS d CROSS JOIN LATERAL generate_series(1, abs(d.w))),\nwritten AS (INSERT INTO "
                + capture.buffer()
                + " (row_count, removed, added) SELECT count(*), array_agg(r) FILTER (WHERE NOT added),"
                + " array_agg(r) FILTER (WHERE added) FROM numbered GROUP BY batch RETURNING row_count)"
                + "\nSELECT coalesce(sum(row_count), 0) FROM written";
    }
}
