package io.pgtrickle.compiler.plan;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;

/// A column of an operator's output.
///
/// @param name unique within the whole plan, so that a join's output is the plain concatenation of
///   its inputs
/// @param type its type
/// @param nullability whether NULL can occur
public record Column(String name, TypeFacts type, Nullability nullability) {

    /// The same column where a join can extend it with NULL.
    public Column nullable() {
        return new Column(name, type, Nullability.NULLABLE);
    }
}
