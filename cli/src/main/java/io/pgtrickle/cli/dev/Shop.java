package io.pgtrickle.cli.dev;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTableStatus;
import io.pgtrickle.runtime.api.StreamTables;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The demo shop: four tables, and four stream tables over them.
final class Shop {
    private static final Logger log = LoggerFactory.getLogger(Shop.class);

    private static final StreamTableDefinition OPEN_ORDERS =
            StreamTableDefinition.of(
                            "shop.open_orders",
                            """
                            SELECT order_id, customer_id, status, placed_at
                            FROM shop.orders
                            WHERE status IN ('new', 'paid')
                            """)
                    .withSchedule("500ms");

    private static final StreamTableDefinition ORDER_DETAILS =
            StreamTableDefinition.of(
                            "shop.order_details",
                            """
                            SELECT l.order_id, l.line_no, o.status, c.name AS customer, c.country,
                                   p.name AS product, l.quantity, l.quantity * l.unit_price AS amount
                            FROM shop.order_lines l
                            JOIN shop.orders o ON o.order_id = l.order_id
                            JOIN shop.customers c ON c.customer_id = o.customer_id
                            JOIN shop.products p ON p.product_id = l.product_id
                            """)
                    .withSchedule("1s");

    private static final StreamTableDefinition CUSTOMER_REVENUE =
            StreamTableDefinition.of(
                            "shop.customer_revenue",
                            """
                            SELECT c.customer_id, c.name, c.country, count(*) AS lines,
                                   sum(l.quantity) AS items, sum(l.quantity * l.unit_price) AS revenue
                            FROM shop.customers c
                            JOIN shop.orders o ON o.customer_id = c.customer_id
                            JOIN shop.order_lines l ON l.order_id = o.order_id
                            GROUP BY c.customer_id, c.name, c.country
                            """)
                    .withSchedule("1s");

    private static final StreamTableDefinition COUNTRY_REVENUE =
            StreamTableDefinition.of(
                            "shop.country_revenue",
                            """
                            SELECT country, count(*) AS customers, sum(items) AS items,
                                   sum(revenue) AS revenue, max(revenue) AS best_customer
                            FROM shop.customer_revenue
                            GROUP BY country
                            """)
                    .withSchedule("2s");

    private static final List<StreamTableDefinition> STREAM_TABLES =
            List.of(OPEN_ORDERS, ORDER_DETAILS, CUSTOMER_REVENUE, COUNTRY_REVENUE);

    private Shop() {}

    /// Creates what is not there yet.
    static void open(DataSource source, StreamTables tables) throws SQLException {
        createTables(source);
        Set<String> existing =
                tables.list().stream().map(StreamTableStatus::name).collect(Collectors.toSet());
        for (StreamTableDefinition definition : STREAM_TABLES) {
            if (!existing.contains(definition.name())) {
                log.info("Creating stream table {}", definition.name());
                tables.create(definition)
                        .warnings()
                        .forEach(warning -> log.warn("{}: {}", definition.name(), warning));
            }
        }
    }

    private static void createTables(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try (ResultSet found =
                    statement.executeQuery("SELECT FROM pg_namespace WHERE nspname = 'shop'")) {
                if (found.next()) {
                    return;
                }
            }
            log.info("Creating the demo shop");
            statement.execute(script());
            connection.commit();
        }
    }

    private static String script() {
        try (InputStream in = Shop.class.getResourceAsStream("/io/pgtrickle/cli/dev/shop.sql")) {
            if (in == null) {
                throw new IllegalStateException("shop.sql is missing from the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
