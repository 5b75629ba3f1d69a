package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.Relation;
import io.pgtrickle.tests.query.Type;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A table of a random schema.
///
/// @param key the primary key's columns, empty without one
/// @param indexes further indexes, each a list of columns
/// @param partitioned whether its rows are in two partitions, by the first column
public record Table(
        String name,
        List<Column> columns,
        List<String> key,
        List<List<String>> indexes,
        boolean partitioned) {
    public Table {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        indexes = List.copyOf(indexes);
    }

    /// A column.
    public record Column(String name, Type type, boolean notNull) {
        String sql() {
            return Field.quote(name) + " " + type.sql() + (notNull ? " NOT NULL" : "");
        }
    }

    /// The statements that create it.
    Stream<String> sql() {
        String primaryKey = key.isEmpty() ? "" : ", PRIMARY KEY (" + list(key) + ")";
        String body = columns.stream().map(Column::sql).collect(Collectors.joining(", "));
        String create = "CREATE TABLE " + Field.quote(name) + " (" + body + primaryKey + ")";
        Stream<String> tables =
                partitioned
                        ? Stream.of(
                                create
                                        + " PARTITION BY RANGE ("
                                        + Field.quote(columns.getFirst().name())
                                        + ")",
                                partition(1) + " FOR VALUES FROM (MINVALUE) TO (4)",
                                partition(2) + " DEFAULT")
                        : Stream.of(create);
        return Stream.concat(
                tables,
                indexes.stream()
                        .map(it -> "CREATE INDEX ON " + Field.quote(name) + " (" + list(it) + ")"));
    }

    private String partition(int number) {
        return "CREATE TABLE "
                + Field.quote(leaf(number).name())
                + " PARTITION OF "
                + Field.quote(name);
    }

    /// A partition, 1 or 2.
    Table leaf(int number) {
        return new Table(name + " " + number, columns, key, indexes, false);
    }

    Table withPartitions() {
        return new Table(name, columns, key, indexes, true);
    }

    Relation relation() {
        List<Field> fields =
                columns.stream().map(it -> new Field(it.name(), it.type(), true)).toList();
        return new Relation(name, fields, key);
    }

    static String list(List<String> names) {
        return names.stream().map(Field::quote).collect(Collectors.joining(", "));
    }

    Table without(String column) {
        return new Table(
                name,
                columns.stream().filter(it -> !it.name().equals(column)).toList(),
                key.stream().filter(it -> !it.equals(column)).toList(),
                indexes.stream().filter(it -> !it.contains(column)).toList(),
                partitioned);
    }
}
