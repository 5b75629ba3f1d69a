package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.plan.Column;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The table that holds a stream table's rows: `__pgt_row_id`, the columns of the query, hidden
/// columns.
///
/// `__pgt_row_id` hashes the key where one follows from the query, else the whole row. It is an
/// access path: equal keys share it, and whoever uses it compares the columns too.
///
/// @param columns all columns but `__pgt_row_id`, in order
/// @param key the columns that `__pgt_row_id` hashes
public record Storage(List<StoredColumn> columns, List<StoredColumn> key) {
    static final String ROW_ID = "__pgt_row_id";

    public Storage {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /// The columns of the user's query.
    public List<StoredColumn> results() {
        return columns.stream().filter(StoredColumn::isResult).toList();
    }

    /// Creates the empty table; `fresh` is a SELECT of the columns, by name. A part of each page is
    /// left free for the next versions of its rows, so that an update need not touch the indexes.
    ///
    /// @param fillfactor the percentage of a page that is filled
    String create(String table, int fillfactor, String fresh) {
        return "CREATE TABLE "
                + table
                + " WITH (fillfactor = "
                + fillfactor
                + ") AS SELECT "
                + rowId("f")
                + " AS "
                + ROW_ID
                + ", "
                + list("f")
                + " FROM ("
                + fresh
                + ") AS f WITH NO DATA";
    }

    /// Creates the access path.
    public static String createIndex(String table, String index) {
        return "CREATE INDEX " + Identifier.quote(index) + " ON " + table + " (" + ROW_ID + ")";
    }

    /// Fills the empty table with what `fresh` selects.
    String populate(String table, String fresh) {
        return "INSERT INTO "
                + table
                + " ("
                + ROW_ID
                + ", "
                + list()
                + ") SELECT "
                + rowId("f")
                + ", "
                + list("f")
                + " FROM ("
                + fresh
                + ") AS f";
    }

    /// Gives every stored row the access path that it has now: the key may be another than when it
    /// was stored.
    public String restoreRowIds(String table) {
        String rowId = rowId("s");
        return "UPDATE "
                + table
                + " AS s SET "
                + ROW_ID
                + " = "
                + rowId
                + " WHERE s."
                + ROW_ID
                + " <> "
                + rowId;
    }

    String rowId(String alias) {
        return Expressions.rowId(asColumns(key), name -> alias + "." + Identifier.quote(name));
    }

    String list() {
        return columns.stream().map(StoredColumn::quoted).collect(Collectors.joining(", "));
    }

    String list(String alias) {
        return columns.stream()
                .map(column -> alias + "." + column.quoted())
                .collect(Collectors.joining(", "));
    }

    String row(String alias) {
        return "ROW(" + list(alias) + ")";
    }

    /// Whether the stored rows `left` and `right` have the same image.
    String sameImage(String left, String right) {
        return "record_image_eq(" + row(left) + ", " + row(right) + ")";
    }

    List<Column> asColumns() {
        return asColumns(columns);
    }

    private static List<Column> asColumns(List<StoredColumn> stored) {
        return stored.stream()
                .map(column -> new Column(column.name(), column.type(), Nullability.NULLABLE))
                .toList();
    }

    Optional<StoredColumn> column(String name) {
        return columns.stream().filter(it -> it.name().equals(name)).findFirst();
    }
}
