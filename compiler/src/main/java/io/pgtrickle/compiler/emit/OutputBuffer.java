package io.pgtrickle.compiler.emit;

import java.util.List;
import java.util.stream.Collectors;

/// The change buffer of a stream table that others read.
///
/// @param table the buffer, quoted
/// @param rowType the composite type of its rows, quoted
/// @param columns the stored columns that are captured, in the order of the type's attributes
public record OutputBuffer(String table, String rowType, List<String> columns) {
    /// Rows in one array. Bounds the size of a datum and the memory of whoever builds one.
    public static final int BATCH_ROWS = 1000;

    public OutputBuffer {
        columns = List.copyOf(columns);
    }

    /// Writes the change of the captured columns: `changed` has the old values as
    /// `__pgt_o_<name>`-style aliases made by [#oldName] and the new ones by name.
    String write(Storage storage) {
        String before = row(storage, "o");
        String after = row(storage, "n");
        return "INSERT INTO "
                + table
                + " (row_count, removed, added) SELECT count(*) FILTER (WHERE gone) + count(*)"
                + " FILTER (WHERE live), array_agg(before) FILTER (WHERE gone), array_agg(after) FILTER (WHERE live)"
                + " FROM (SELECT x.__pgt_tid IS NOT NULL AS gone, x.__pgt_live AS live, "
                + before
                + " AS before, "
                + after
                + " AS after, (row_number() OVER () - 1) / "
                + BATCH_ROWS
                + " AS batch FROM changed AS x"
                + " WHERE (x.__pgt_tid IS NOT NULL OR x.__pgt_live) AND NOT (x.__pgt_tid IS NOT NULL AND x.__pgt_live"
                + " AND record_image_eq("
                + before
                + ", "
                + after
                + "))) AS y GROUP BY batch RETURNING row_count";
    }

    /// Writes that the rows of a FROM item, which has the stored columns, were removed.
    String writeRemoved(String item) {
        return "INSERT INTO "
                + table
                + " (row_count, removed) SELECT count(*), array_agg(y.before) FROM (SELECT "
                + columns.stream()
                        .map(column -> "x." + Identifier.quote(column))
                        .collect(Collectors.joining(", ", "CAST(ROW(", ") AS " + rowType + ")"))
                + " AS before, (row_number() OVER () - 1) / "
                + BATCH_ROWS
                + " AS batch FROM "
                + item
                + " AS x) AS y GROUP BY y.batch RETURNING row_count";
    }

    /// The name of a stored column's old value in `changed`.
    static String oldName(Storage storage, String column) {
        for (int i = 0; i < storage.columns().size(); i++) {
            if (storage.columns().get(i).name().equals(column)) {
                return "__pgt_o" + i;
            }
        }
        throw new IllegalArgumentException("no stored column " + column);
    }

    private String row(Storage storage, String side) {
        return columns.stream()
                .map(column ->
                        "x."
                                + (side.equals("o")
                                        ? oldName(storage, column)
                                        : Identifier.quote(column)))
                .collect(Collectors.joining(", ", "CAST(ROW(", ") AS " + rowType + ")"));
    }
}
