package io.pgtrickle.tests.query;

import java.util.List;

/// What a query that is being made can name.
///
/// @param outer columns of the queries around it
/// @param depth how deep queries may still nest in it
record Scope(List<Relation> relations, List<Expr> outer, int depth) {
    Scope {
        relations = List.copyOf(relations);
        outer = List.copyOf(outer);
    }

    Scope deeper() {
        return new Scope(relations, outer, Math.max(0, depth - 1));
    }

    Scope within(List<Expr> atoms) {
        return new Scope(relations, atoms, depth);
    }

    Scope with(List<Relation> value) {
        return new Scope(value, outer, depth);
    }
}
