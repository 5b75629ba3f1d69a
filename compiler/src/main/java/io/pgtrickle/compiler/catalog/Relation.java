package io.pgtrickle.compiler.catalog;

import java.util.List;
import java.util.Optional;

/// A relation that a query reads.
///
/// @param oid its OID in `pg_class`
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
        /// A foreign table.
        FOREIGN_TABLE,
        /// A table of the system catalogs.
        SYSTEM_TABLE,
        /// Anything else.
        OTHER
    }

    /// Whether triggers can capture its changes, or a refresh writes them.
    public boolean capturable() {
        return kind == Kind.TABLE || kind == Kind.STREAM_TABLE;
    }

    /// The relation's name for messages: schema and name.
    public String displayName() {
        return schema + "." + name;
    }
}
