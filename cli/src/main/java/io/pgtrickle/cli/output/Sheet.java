package io.pgtrickle.cli.output;

import java.util.List;

/// Rows of values under columns.
public record Sheet(List<Column> columns, List<List<Value>> rows) {
    public Sheet {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        for (List<Value> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        row.size() + " values for " + columns.size() + " columns");
            }
        }
    }
}
