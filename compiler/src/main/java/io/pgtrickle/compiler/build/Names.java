package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.emit.Identifier;

/// Hands out column names that are unique within a plan. Deterministic; one thread.
final class Names {
    private int next = 1;

    String fresh(String stem) {
        return Identifier.stem(stem) + "_" + next++;
    }
}
