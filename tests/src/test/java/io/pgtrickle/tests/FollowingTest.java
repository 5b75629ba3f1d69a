package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.script.Comparison;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What tests of stream tables share that follow within the writing transaction.
abstract class FollowingTest extends DatabaseTest {
    private final Map<String, String> followers = new LinkedHashMap<>();

    /// Creates a stream table, which [#step] compares from then on.
    final void follow(String name, String query) {
        tables.create(StreamTableDefinition.of(name, query).withMode(RefreshMode.IMMEDIATE));
        followers.put(name, query);
    }

    /// Compares it no more.
    final void forget(String name) {
        followers.remove(name);
    }

    /// Executes statements and compares all stream tables after each of them, as the session sees
    /// them.
    final void step(Session session, String... statements) {
        for (String statement : statements) {
            session.execute(statement);
            compare(session, statement);
        }
    }

    /// The same in a session of its own.
    final void step(String... statements) {
        try (Session session = database.session()) {
            step(session, statements);
        }
    }

    /// Compares all stream tables.
    final void compare(Session session, String after) {
        followers.forEach((name, query) -> {
            try {
                assertThat(
                                Comparison.of(session.connection(), name, query, List.of())
                                        .difference(session.connection()))
                        .as("%s after %s", name, after)
                        .isEmpty();
            } catch (SQLException e) {
                throw new AssertionError(name + " after " + after + ": " + e.getMessage(), e);
            }
        });
    }
}
