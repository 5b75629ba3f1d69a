package io.pgtrickle.server.schedule;

/// What is refreshed in one transaction. The first ones go first.
enum UnitKind {
    /// Stream tables in mode IMMEDIATE that have to be recomputed.
    IMMEDIATE_CLOSURE("i"),
    /// Several that are refreshed together.
    ATOMIC_GROUP("a"),
    /// One.
    SINGLETON("s"),
    /// Several that read each other.
    CYCLIC_SCC("c");

    private final String prefix;

    UnitKind(String prefix) {
        this.prefix = prefix;
    }

    /// What its key begins with.
    String prefix() {
        return prefix;
    }
}
