package io.pgtrickle.tests.turmoil;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// Something that goes wrong, and is put right again. One thread.
interface Trouble {
    /// For messages.
    String name();

    /// The stream tables that it keeps from being refreshed; those that are refreshed with them
    /// wait.
    Set<String> strikes();

    /// Those that may get another status than ACTIVE.
    default Set<String> stops() {
        return Set.of();
    }

    /// Makes it happen.
    void strike(Session session);

    /// A query that is true when what must come of it has come.
    default Optional<String> comes() {
        return Optional.empty();
    }

    /// A query whose value must not change from then on until it is put right.
    default Optional<String> stays() {
        return Optional.empty();
    }

    /// Puts it right.
    void heal(Session session);

    /// How long it lasts at most after it has come.
    default Duration lasts() {
        return Duration.ofSeconds(2);
    }
}
