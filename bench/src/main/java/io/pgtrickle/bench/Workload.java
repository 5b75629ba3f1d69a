package io.pgtrickle.bench;

import java.util.Locale;

/// The queries that are kept as stream tables and as materialized views.
enum Workload {
    FILTER(
            "scan + filter",
            """
            SELECT id, customer_id, amount
            FROM orders
            WHERE amount >= 500\
            """),
    JOIN(
            "join",
            """
            SELECT o.id, o.amount, c.name, c.region
            FROM orders o
            JOIN customers c ON c.id = o.customer_id\
            """),
    AGGREGATE(
            "aggregate",
            """
            SELECT customer_id, count(*) AS orders, sum(amount) AS revenue
            FROM orders
            GROUP BY customer_id\
            """),
    JOIN_AGGREGATE(
            "join + aggregate",
            """
            SELECT c.region, count(*) AS orders, sum(o.amount) AS revenue, avg(o.amount) AS average
            FROM orders o
            JOIN customers c ON c.id = o.customer_id
            GROUP BY c.region\
            """);

    private final String title;
    private final String query;

    Workload(String title, String query) {
        this.title = title;
        this.query = query;
    }

    String title() {
        return title;
    }

    /// The name of the relation that stores the result in the way `kind`.
    String table(String kind) {
        return kind + "_" + name().toLowerCase(Locale.ROOT);
    }

    String query() {
        return query;
    }
}
