package io.pgtrickle.compiler.model;

import org.jspecify.annotations.Nullable;

/// An expression that is bound to the columns of its input.
@FunctionalInterface
interface Scalar {

    /// The value for a row, null for NULL and UNKNOWN.
    @Nullable Object of(Row row);

    /// Whether the value is true: neither false nor UNKNOWN.
    default boolean holds(Row row) {
        return Boolean.TRUE.equals(of(row));
    }
}
