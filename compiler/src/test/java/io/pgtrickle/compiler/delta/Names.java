package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;

/// Makes columns and numbers that occur once in a plan. One thread, one plan.
final class Names {
    private int columns;
    private int numbers;

    /// A column that can be NULL.
    Column column(TypeFacts type) {
        return column(type, Nullability.NULLABLE);
    }

    Column column(TypeFacts type, Nullability nullability) {
        return new Column("c" + ++columns, type, nullability);
    }

    /// A number for a recursion or a state table.
    int number() {
        return ++numbers;
    }
}
