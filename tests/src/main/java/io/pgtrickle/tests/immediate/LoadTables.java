package io.pgtrickle.tests.immediate;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.script.Comparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// Two sources, and the stream tables that follow them.
final class LoadTables {
    static final int CUSTOMERS = 40;
    static final int ORDERS = 400;

    static final String TOTALS =
            "SELECT customer, count(*) AS n, sum(amount) AS total, max(amount) AS largest FROM orders GROUP BY customer";

    private static final SequencedMap<String, String> QUERIES = new LinkedHashMap<>();

    static {
        QUERIES.put(
                "joined",
                "SELECT c.region, c.id AS customer, o.id, o.amount FROM orders o JOIN customers c ON c.id = o.customer");
        QUERIES.put("totals", TOTALS);
        QUERIES.put("kinds", "SELECT DISTINCT customer, kind FROM orders");
        QUERIES.put("top", "SELECT id, amount FROM orders ORDER BY amount DESC, id LIMIT 10");
        QUERIES.put(
                "sizes",
                "SELECT n, count(*) AS customers, sum(total) AS total FROM totals GROUP BY n");
    }

    private LoadTables() {}

    /// Creates all of them.
    static void create(TestDatabase database) {
        database.execute(
                "CREATE TABLE customers (id int PRIMARY KEY, region text)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, kind int, amount int)",
                "INSERT INTO customers SELECT i, 'r' || i % 5 FROM generate_series(1, "
                        + CUSTOMERS
                        + ") i",
                "INSERT INTO orders SELECT i, i % "
                        + CUSTOMERS
                        + " + 1, i % 3, i % 100 FROM generate_series(1, "
                        + ORDERS
                        + ") i");
        QUERIES.forEach((name, query) ->
                database.streamTables()
                        .create(
                                StreamTableDefinition.of(name, query)
                                        .withMode(RefreshMode.IMMEDIATE)));
    }

    /// Their names.
    static List<String> names() {
        return List.copyOf(QUERIES.keySet());
    }

    /// Where a stream table differs from its query in what the connection sees.
    static Optional<String> difference(Connection connection, String name) throws SQLException {
        return Comparison.of(connection, name, QUERIES.getOrDefault(name, ""), List.of())
                .difference(connection)
                .map(it -> name + " differs from its query:\n" + it);
    }

    /// Where any of them differs.
    static Map<String, String> differences(Connection connection) throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        for (String name : QUERIES.keySet()) {
            difference(connection, name).ifPresent(it -> found.put(name, it));
        }
        return found;
    }
}
