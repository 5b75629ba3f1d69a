package io.pgtrickle.compiler.catalog;

import java.util.List;
import java.util.Optional;

/// A relation that a query reads.
///
/// A table read with ONLY is a source of its own, beside the table with its children: see
/// [#withoutChildren].
///
/// @param oid identifies the source: its OID in `pg_class`, plus 2^32 when it is read with ONLY
/// @param schema its schema
/// @param name its name
/// @param kind what it is
/// @param columns its columns in attribute order, dropped ones left out
/// @param keys its primary key and unique constraints over NOT NULL columns, by column name
/// @param viewDefinition the canonical text of a view, empty for everything else
/// @param streamTableId the catalog id when the relation stores a stream table
public record Relation(
        long oid,
        String schema,
        String name,
        Kind kind,
        List<RelationColumn> columns,
        List<List<String>> keys,
        Optional<String> viewDefinition,
        Optional<Long> streamTableId) {

    public Relation {
        columns = List.copyOf(columns);
        keys = keys.stream().map(List::copyOf).toList();
    }

    /// A column of a relation.
    ///
    /// @param name its name
    /// @param number its attribute number, which renames do not change
    /// @param type its type
    /// @param nullability whether NULL can occur
    /// @param definition type and, where it is not the type's default, collation, as in a column
    ///   definition
    public record RelationColumn(
            String name, int number, TypeFacts type, Nullability nullability, String definition) {

        /// A column with its type's default collation.
        public RelationColumn(String name, int number, TypeFacts type, Nullability nullability) {
            this(name, number, type, nullability, type.sqlName());
        }
    }

    /// Whether NULL can occur.
    public enum Nullability {
        NULLABLE,
        NOT_NULL
    }

    /// What a relation is, as far as its maintenance is concerned.
    public enum Kind {
        /// An ordinary table without inheritance children.
        TABLE,
        /// A stream table.
        STREAM_TABLE,
        /// A view, inlined.
        VIEW,
        /// A partitioned table.
        PARTITIONED_TABLE,
        /// An ordinary table with inheritance children.
        INHERITANCE_PARENT,
        /// A materialized view.
        MATERIALIZED_VIEW,
        /// A foreign table, or a table with one among its partitions or children.
        FOREIGN_TABLE,
        /// A table of the system catalogs.
        SYSTEM_TABLE,
        /// Anything else.
        OTHER
    }

    private static final long ONLY = 1L << 32;

    /// The same table as ONLY reads it.
    public Relation withoutChildren() {
        return new Relation(
                oid | ONLY, schema, name, kind, columns, keys, viewDefinition, streamTableId);
    }

    /// Whether it is read with ONLY.
    public boolean only() {
        return (oid & ONLY) != 0;
    }

    /// Its OID in `pg_class`.
    public long relid() {
        return oid & ~ONLY;
    }

    /// Whether its changes are found by comparing it with a stored snapshot, which is read in its
    /// place.
    public boolean compared() {
        return kind == Kind.MATERIALIZED_VIEW || kind == Kind.FOREIGN_TABLE;
    }

    /// The relation's name for messages: schema and name.
    public String displayName() {
        return schema + "." + name;
    }
}
