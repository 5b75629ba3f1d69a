package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A statement that can shrink.
public sealed interface Change {

    /// Its text.
    String sql();

    /// A statement that shrinks only by going away.
    record Text(String sql) implements Change {}

    /// A multi-row INSERT.
    ///
    /// @param suffix ON CONFLICT, or empty
    record Insert(String table, List<String> columns, List<List<String>> rows, String suffix)
            implements Change {
        public Insert {
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
        }

        @Override
        public String sql() {
            return "INSERT INTO "
                    + Field.quote(table)
                    + " ("
                    + Table.list(columns)
                    + ") VALUES "
                    + rows.stream()
                            .map(row -> "(" + String.join(", ", row) + ")")
                            .collect(Collectors.joining(", "))
                    + suffix;
        }

        Insert withRows(List<List<String>> value) {
            return new Insert(table, columns, value, suffix);
        }
    }

    /// The same with fewer rows.
    default List<Change> smaller() {
        if (!(this instanceof Insert insert) || insert.rows().size() < 2) {
            return List.of();
        }
        int size = insert.rows().size();
        List<Change> found = new ArrayList<>();
        if (size > 3) {
            found.add(insert.withRows(insert.rows().subList(0, size / 2)));
            found.add(insert.withRows(insert.rows().subList(size / 2, size)));
        }
        IntStream.range(0, size)
                .forEach(i -> {
                    List<List<String>> rows = new ArrayList<>(insert.rows());
                    rows.remove(i);
                    found.add(insert.withRows(rows));
                });
        return found;
    }

    /// The same for a table that has lost a column.
    default Change without(String table, String column) {
        if (!(this instanceof Insert insert)
                || !insert.table().equals(table)
                || !insert.columns().contains(column)
                || insert.columns().size() == 1) {
            return this;
        }
        int index = insert.columns().indexOf(column);
        List<String> columns = new ArrayList<>(insert.columns());
        columns.remove(index);
        List<List<String>> rows =
                insert.rows().stream()
                        .map(row -> {
                            List<String> copy = new ArrayList<>(row);
                            copy.remove(index);
                            return List.copyOf(copy);
                        })
                        .toList();
        return new Insert(table, columns, rows, insert.suffix());
    }
}
