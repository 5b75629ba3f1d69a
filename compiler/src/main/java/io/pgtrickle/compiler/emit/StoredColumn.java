package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.TypeFacts;

/// A column of a stream table's storage.
///
/// @param name its name in the table
/// @param type its type
/// @param purpose what it is for, in words
/// @param visible whether the user's query has it
public record StoredColumn(String name, TypeFacts type, String purpose, Visibility visible) {

    /// Whether a column belongs to the query's result.
    public enum Visibility {
        RESULT,
        HIDDEN
    }

    static StoredColumn result(String name, TypeFacts type) {
        return new StoredColumn(name, type, "result", Visibility.RESULT);
    }

    static StoredColumn hidden(String name, TypeFacts type, String purpose) {
        return new StoredColumn(name, type, purpose, Visibility.HIDDEN);
    }

    /// Whether the user's query has the column.
    public boolean isResult() {
        return visible == Visibility.RESULT;
    }

    String quoted() {
        return Identifier.quote(name);
    }
}
