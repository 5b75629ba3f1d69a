package io.pgtrickle.bench;

import java.util.List;
import java.util.Locale;

/// A statement that changes rows of `orders`.
///
/// @param kind the statement
/// @param rows how many rows it changes
record Change(Kind kind, int rows) {
    enum Kind {
        UPDATE,
        INSERT,
        DELETE
    }

    /// What the refresh benchmark applies, in this order.
    static final List<Change> MEASURED =
            List.of(
                    new Change(Kind.UPDATE, 1),
                    new Change(Kind.UPDATE, 100),
                    new Change(Kind.UPDATE, 10_000),
                    new Change(Kind.INSERT, 100),
                    new Change(Kind.DELETE, 100));

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s of %,d", kind, rows);
    }
}
