package io.pgtrickle.tests.script;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/// Asks whether a query has one answer, by running it with other plans. A difference that it shows
/// by itself is no fault of the maintenance.
final class Determinism {
    private static final String COPY = "answer_of_another_plan";
    private static final List<String> PLANS =
            List.of(
                    "SET LOCAL enable_hashagg = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off",
                    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off",
                    "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_memoize = off");

    private Determinism() {}

    /// The difference between two answers of the query, if there is one.
    static Optional<String> difference(Connection connection, String query, List<Integer> exact)
            throws SQLException {
        for (String plan : PLANS) {
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                statement.execute(
                        "BEGIN; "
                                + plan
                                + "; CREATE TEMP TABLE "
                                + COPY
                                + " AS "
                                + query
                                + "; COMMIT");
                Optional<String> found =
                        Comparison.of(connection, COPY, query, exact).difference(connection);
                statement.execute("DROP TABLE " + COPY);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }
}
