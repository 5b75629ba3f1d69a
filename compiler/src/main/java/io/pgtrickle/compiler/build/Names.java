package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.emit.Identifier;

/// Hands out column names that are unique within a plan. Deterministic; one thread.
final class Names {
    private int next = 1;

    /// What a name was made from.
    static String stem(String name) {
        return name.replaceFirst("_[0-9]+$", "");
    }

    int number() {
        return next++;
    }

    String fresh(String stem) {
        return Identifier.stem(stem) + "_" + next++;
    }
}
