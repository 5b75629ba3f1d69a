package io.pgtrickle.tests;

import org.junit.jupiter.api.BeforeEach;

/// Stream tables of mode IMMEDIATE over customers and their orders.
abstract class OrdersFollowingTest extends FollowingTest {
    static final String JOIN =
            "SELECT c.region, o.id, o.amount FROM orders o JOIN customers c ON c.id = o.customer";
    static final String OUTER =
            "SELECT c.id AS customer, c.region, o.id, o.amount FROM customers c FULL JOIN orders o ON c.id = o.customer";
    static final String TOTALS =
            "SELECT customer, sum(amount) AS total, count(*) AS n FROM orders GROUP BY customer";
    static final String WITHOUT =
            "SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer = c.id)";

    @BeforeEach
    final void makeSources() {
        database.execute(
                "CREATE TABLE customers (id int PRIMARY KEY, region text)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount int)",
                "INSERT INTO customers SELECT i, 'r' || i % 3 FROM generate_series(1, 10) i",
                "INSERT INTO orders SELECT i, i % 10 + 1, i FROM generate_series(1, 100) i");
    }

    final void followAll() {
        follow("joined", JOIN);
        follow("outered", OUTER);
        follow("totals", TOTALS);
        follow("without", WITHOUT);
    }
}
