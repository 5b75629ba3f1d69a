package io.pgtrickle.tests;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.util.List;
import java.util.Optional;

/// One row of the matrix in DDL.md: what is done to a source, and what comes of it.
///
/// @param name for people
/// @param query the stream table's
/// @param ddl what is done, each statement a transaction of its own
/// @param refused whether event triggers refuse it
/// @param outcome how the next refresh ends; empty for status ERROR
/// @param message what the error names
/// @param undo what makes the query work again
/// @param after what else is written afterwards: must not fail, and must not be lost
record SourceDdl(
        String name,
        String query,
        List<String> ddl,
        boolean refused,
        Optional<Action> outcome,
        String message,
        List<String> undo,
        List<String> after) {

    SourceDdl {
        ddl = List.copyOf(ddl);
        undo = List.copyOf(undo);
        after = List.copyOf(after);
    }

    private static final List<String> WRITES =
            List.of(
                    "INSERT INTO t (id, k) VALUES (100, 1), (101, 2)",
                    "DELETE FROM t WHERE id = 3");

    static final String JOIN = "SELECT t.id, t.v, u.label FROM t JOIN u ON u.k = t.k";
    static final String GROUPED = "SELECT k, sum(v) AS total FROM t GROUP BY k";

    /// Something that ends well.
    static SourceDdl of(String name, String query, Action outcome, String... ddl) {
        return new SourceDdl(
                name, query, List.of(ddl), false, Optional.of(outcome), "", List.of(), WRITES);
    }

    /// Something after which the query does not work any more.
    static SourceDdl breaking(String name, String query, String message, String... ddl) {
        return new SourceDdl(
                name, query, List.of(ddl), false, Optional.empty(), message, List.of(), WRITES);
    }

    SourceDdl refusedByTriggers() {
        return new SourceDdl(name, query, ddl, true, outcome, message, undo, after);
    }

    SourceDdl undoneBy(String... statements) {
        return new SourceDdl(
                name, query, ddl, refused, outcome, message, List.of(statements), after);
    }

    SourceDdl then(String... statements) {
        return new SourceDdl(
                name, query, ddl, refused, outcome, message, undo, List.of(statements));
    }

    /// The row of the page.
    String line() {
        String then =
                outcome.map(it ->
                                switch (it) {
                                    case NO_DATA, DIFFERENTIAL, SKIP -> "goes on";
                                    case FULL, REINITIALIZE -> "recomputed";
                                })
                        .orElse("ERROR");
        return "| " + name + " | " + (refused ? "refused" : then) + " | " + then + " |";
    }

    @Override
    public String toString() {
        return name;
    }
}
