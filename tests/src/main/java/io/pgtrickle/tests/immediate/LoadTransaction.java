package io.pgtrickle.tests.immediate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// The statements of one random transaction, those that begin and end it included.
final class LoadTransaction {
    private final Random random;
    private final Level level;

    LoadTransaction(Random random, Level level) {
        this.random = random;
        this.level = level.choose(random);
    }

    /// One statement by itself, or a block; a tenth of these are rolled back.
    List<String> statements() {
        if (random.nextInt(4) == 0) {
            return List.of(
                    "SET default_transaction_isolation = '" + level.sql().toLowerCase() + "'",
                    write());
        }
        List<String> statements = new ArrayList<>();
        statements.add("BEGIN ISOLATION LEVEL " + level.sql());
        int writes = 1 + random.nextInt(4);
        for (int i = 0; i < writes; i++) {
            if (random.nextInt(5) == 0) {
                statements.add("SAVEPOINT p");
                statements.add(write());
                statements.add(random.nextBoolean() ? "ROLLBACK TO p" : "RELEASE p");
            } else {
                statements.add(write());
            }
        }
        statements.add(random.nextInt(10) == 0 ? "ROLLBACK" : "COMMIT");
        return statements;
    }

    private int order() {
        return 1 + random.nextInt(LoadTables.ORDERS * 3 / 2);
    }

    private int customer() {
        return 1 + random.nextInt(LoadTables.CUSTOMERS + 5);
    }

    private int amount() {
        return random.nextInt(1000);
    }

    private String write() {
        return switch (random.nextInt(12)) {
            case 0, 1 ->
                    "INSERT INTO orders VALUES (%d, %d, %d, %d) ON CONFLICT (id) DO NOTHING"
                            .formatted(order(), customer(), random.nextInt(3), amount());
            case 2 ->
                    "INSERT INTO orders VALUES (%d, %d, %d, %d) ON CONFLICT (id) DO UPDATE SET amount = excluded.amount"
                            .formatted(order(), customer(), random.nextInt(3), amount());
            case 3 ->
                    "INSERT INTO orders SELECT i, %d, i %% 3, %d FROM generate_series(%d, %d, 7) i ON CONFLICT DO NOTHING"
                            .formatted(customer(), amount(), order(), order());
            case 4, 5 -> "UPDATE orders SET amount = %d WHERE id = %d".formatted(amount(), order());
            case 6 ->
                    "UPDATE orders SET customer = %d WHERE id BETWEEN %d AND %d"
                            .formatted(customer(), order(), order());
            case 7, 8 -> "DELETE FROM orders WHERE id = " + order();
            case 9 ->
                    "UPDATE customers SET region = 'r%d' WHERE id = %d"
                            .formatted(random.nextInt(6), customer());
            case 10 ->
                    "WITH gone AS (DELETE FROM customers WHERE id = %d RETURNING id) DELETE FROM orders o USING gone g WHERE o.customer = g.id"
                            .formatted(customer());
            default ->
                    "INSERT INTO customers VALUES (%d, 'r%d') ON CONFLICT (id) DO NOTHING"
                            .formatted(customer(), random.nextInt(6));
        };
    }
}
