package io.pgtrickle.cli.dev;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Customers who keep the shop busy: some dozens of transactions a second, and about as many orders
/// deleted as placed.
///
/// @param writers virtual threads, each with a connection of its own
record ShopLoad(List<Thread> writers) implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ShopLoad.class);
    private static final int WRITERS = 4;
    private static final int PAUSE_MILLIS = 90;

    private static final String PLACE_ORDER =
            """
            WITH placed AS (
              INSERT INTO shop.orders (customer_id)
              SELECT customer_id FROM shop.customers WHERE customer_id = ?
              RETURNING order_id)
            INSERT INTO shop.order_lines (order_id, line_no, product_id, quantity, unit_price)
            SELECT placed.order_id, line_no, p.product_id, 1 + line_no % 3, p.price
            FROM placed
            CROSS JOIN generate_series(1, ?) AS line_no
            JOIN shop.products AS p ON p.product_id = 1 + (? + line_no * 17) % 500
            """;

    private static final String ADVANCE_ORDER =
            """
            UPDATE shop.orders
            SET status = CASE status WHEN 'new' THEN 'paid' ELSE 'shipped' END
            WHERE order_id = (
              SELECT order_id FROM shop.orders
              WHERE status <> 'shipped' ORDER BY order_id DESC OFFSET ? LIMIT 1)
            """;

    private static final String CHANGE_QUANTITY =
            """
            UPDATE shop.order_lines SET quantity = ?
            WHERE line_no = 1 AND order_id = (
              SELECT order_id FROM shop.orders ORDER BY order_id DESC OFFSET ? LIMIT 1)
            """;

    private static final String DELETE_OLDEST_ORDERS =
            """
            DELETE FROM shop.orders WHERE order_id IN (
              SELECT order_id FROM shop.orders ORDER BY order_id LIMIT 2 FOR UPDATE SKIP LOCKED)
            """;

    /// Starts the writers.
    static ShopLoad start(DataSource source) {
        return new ShopLoad(
                IntStream.rangeClosed(1, WRITERS)
                        .mapToObj(n ->
                                Thread.ofVirtual()
                                        .name("shop-writer-" + n)
                                        .start(() -> write(source)))
                        .toList());
    }

    private static void write(DataSource source) {
        while (!Thread.currentThread().isInterrupted()) {
            try (Connection connection = source.getConnection()) {
                connection.setAutoCommit(false);
                while (pause(PAUSE_MILLIS)) {
                    writeOnce(connection, ThreadLocalRandom.current());
                    connection.commit();
                }
            } catch (SQLException e) {
                log.debug("A shop writer lost its transaction", e);
                pause(1000);
            }
        }
    }

    private static void writeOnce(Connection connection, RandomGenerator random)
            throws SQLException {
        int dice = random.nextInt(10);
        if (dice < 4) {
            execute(
                    connection,
                    PLACE_ORDER,
                    1 + random.nextInt(2000),
                    1 + random.nextInt(4),
                    random.nextInt(500));
        } else if (dice < 7) {
            execute(connection, ADVANCE_ORDER, random.nextInt(100));
        } else if (dice < 8) {
            execute(connection, CHANGE_QUANTITY, 1 + random.nextInt(9), random.nextInt(1000));
        } else {
            execute(connection, DELETE_OLDEST_ORDERS);
        }
    }

    private static void execute(Connection connection, String sql, int... parameters)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setInt(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }

    private static boolean pause(int millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        writers.forEach(Thread::interrupt);
        try {
            for (Thread writer : writers) {
                writer.join(Duration.ofSeconds(5));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
