package io.pgtrickle.compiler.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A row: its values in column order. A value is a `Long`, `BigDecimal`, [Fraction], `String`,
/// `Boolean` or null.
///
/// Rows are equal when their images are: `1.0` and `1.00` differ. [#key()] tells what grouping
/// compares. Immutable.
public record Row(List<@Nullable Object> values) {

    /// The row without columns.
    public static final Row EMPTY = new Row(List.of());

    /// A row of a copy of these values.
    public Row(List<@Nullable Object> values) {
        this.values = Collections.unmodifiableList(new ArrayList<@Nullable Object>(values));
    }

    /// A row of these values.
    public static Row of(@Nullable Object... values) {
        return new Row(Arrays.<@Nullable Object>asList(values));
    }

    /// A row of that many NULLs.
    public static Row nulls(int size) {
        return new Row(Collections.<@Nullable Object>nCopies(size, null));
    }

    /// The number of values.
    public int size() {
        return values.size();
    }

    /// The value of a column.
    public @Nullable Object get(int column) {
        return values.get(column);
    }

    /// The values of these columns.
    public Row pick(int[] columns) {
        List<@Nullable Object> picked = new ArrayList<>(columns.length);
        for (int column : columns) {
            picked.add(values.get(column));
        }
        return new Row(picked);
    }

    /// The values of this row, then those of the other.
    public Row concat(Row other) {
        List<@Nullable Object> all = new ArrayList<>(size() + other.size());
        all.addAll(values);
        all.addAll(other.values);
        return new Row(all);
    }

    /// The row for which `equals` says what GROUP BY says: numbers by their value, NULL equals
    /// NULL.
    public Row key() {
        List<@Nullable Object> keys = new ArrayList<>(size());
        for (Object value : values) {
            keys.add(value == null ? null : Values.canonical(value));
        }
        return new Row(keys);
    }

    @Override
    public String toString() {
        List<String> texts = new ArrayList<>(size());
        for (Object value : values) {
            texts.add(
                    value == null
                            ? "NULL"
                            : value instanceof String text ? "'" + text + "'" : value.toString());
        }
        return "(" + String.join(", ", texts) + ")";
    }
}
