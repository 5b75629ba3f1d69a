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

/// Two sources, and the stream tables that follow them: of every kind, or a single grouping, for
/// which single rows are applied at once.
public final class LoadTables {
    static final int CUSTOMERS = 40;
    static final int ORDERS = 400;

    static final String TOTALS =
            "SELECT customer, count(*) AS n, sum(amount) AS total, max(amount) AS largest FROM orders GROUP BY customer";

    /// Stream tables of every kind, some over others.
    public static final LoadTables GRAPH = new LoadTables();

    /// One grouping.
    public static final LoadTables GROUPS = new LoadTables();

    private final SequencedMap<String, String> queries = new LinkedHashMap<>();

    static {
        GROUPS.queries.put(
                "groups",
                "SELECT customer, count(*) AS n, sum(amount) AS total, avg(kind) AS mean, max(amount) AS largest"
                        + " FROM orders GROUP BY customer");
        SequencedMap<String, String> graph = GRAPH.queries;
        graph.put(
                "joined",
                "SELECT c.region, c.id AS customer, o.id, o.amount FROM orders o JOIN customers c ON c.id = o.customer");
        graph.put("totals", TOTALS);
        graph.put("kinds", "SELECT DISTINCT customer, kind FROM orders");
        graph.put("top", "SELECT id, amount FROM orders ORDER BY amount DESC, id LIMIT 10");
        graph.put(
                "sizes",
                "SELECT n, count(*) AS customers, sum(total) AS total FROM totals GROUP BY n");
    }

    private LoadTables() {}

    /// Creates all of them.
    void create(TestDatabase database) {
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
        queries.forEach((name, query) ->
                database.streamTables()
                        .create(
                                StreamTableDefinition.of(name, query)
                                        .withMode(RefreshMode.IMMEDIATE)));
    }

    /// Their names.
    List<String> names() {
        return List.copyOf(queries.keySet());
    }

    /// Where a stream table differs from its query in what the connection sees.
    Optional<String> difference(Connection connection, String name) throws SQLException {
        return Comparison.of(connection, name, queries.getOrDefault(name, ""), List.of())
                .difference(connection)
                .map(it -> name + " differs from its query:\n" + it);
    }

    /// Where any of them differs.
    Map<String, String> differences(Connection connection) throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        for (String name : queries.keySet()) {
            difference(connection, name).ifPresent(it -> found.put(name, it));
        }
        return found;
    }
}
