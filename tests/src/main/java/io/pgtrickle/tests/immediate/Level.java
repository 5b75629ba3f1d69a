package io.pgtrickle.tests.immediate;

import java.util.Random;

/// The isolation level of writers' transactions.
public enum Level {
    READ_COMMITTED,
    REPEATABLE_READ,
    SERIALIZABLE,
    /// Another one for each transaction.
    MIXED;

    /// The level of one transaction.
    Level choose(Random random) {
        return this == MIXED ? values()[random.nextInt(3)] : this;
    }

    /// As SQL text.
    String sql() {
        return name().replace('_', ' ');
    }
}
