package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.SplittableRandom;

/// The tables `orders` and `customers`, and changes of random rows of `orders`, each one committed
/// statement. The same from run to run. One thread.
final class Orders {
    private static final int REGIONS = 100;

    private final Connection connection;
    private final int customers;
    private final SplittableRandom random = new SplittableRandom(20_260_101);
    private final BitSet live = new BitSet();
    private int last;

    private Orders(Connection connection, Scale scale) {
        this.connection = connection;
        this.customers = scale.customers();
        this.last = scale.orders();
        live.set(1, last + 1);
    }

    /// Creates and fills the tables.
    static Orders load(Connection connection, Scale scale) throws SQLException {
        Sql.execute(
                connection,
                """
                SELECT setseed(0.5);
                CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, region text NOT NULL);
                CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, amount numeric(10,2) NOT NULL,
                    status text NOT NULL, note text)\
                """);
        Orders orders = new Orders(connection, scale);
        Sql.update(
                connection,
                "INSERT INTO customers SELECT i, 'Customer ' || i, 'Region ' || i % ? FROM generate_series(1, ?) i",
                REGIONS,
                orders.customers);
        orders.fill(1, orders.last);
        Sql.execute(connection, "CREATE INDEX ON orders (customer_id)");
        Sql.execute(connection, "VACUUM (ANALYZE) orders, customers");
        return orders;
    }

    private int fill(int from, int to) throws SQLException {
        return Sql.update(
                connection,
                """
                INSERT INTO orders
                SELECT i, 1 + floor(random() * ?)::int, floor(random() * 100000)::int / 100.0,
                       CASE WHEN i % 5 = 0 THEN 'open' ELSE 'shipped' END, 'Order number ' || i
                FROM generate_series(?, ?) i\
                """,
                customers,
                from,
                to);
    }

    /// Makes a change; the rows are others every time.
    void apply(Change change) throws SQLException {
        int changed =
                switch (change.kind()) {
                    case UPDATE -> update(change.rows());
                    case INSERT -> insert(change.rows());
                    case DELETE -> delete(change.rows());
                };
        if (changed != change.rows()) {
            throw new SQLException(change + " rows changed " + changed);
        }
    }

    /// Moves amounts by a step within 0 to 1000: all change, and some cross the filter's bound.
    private int update(int rows) throws SQLException {
        return execute(
                "UPDATE orders SET amount = (amount + 137.11) % 1000 WHERE id = ANY (?)",
                pick(rows));
    }

    private int insert(int rows) throws SQLException {
        int first = last + 1;
        last += rows;
        live.set(first, last + 1);
        return fill(first, last);
    }

    private int delete(int rows) throws SQLException {
        Integer[] ids = pick(rows);
        for (int id : ids) {
            live.clear(id);
        }
        return execute("DELETE FROM orders WHERE id = ANY (?)", ids);
    }

    private int execute(String sql, Integer[] ids) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("int4", ids));
            return statement.executeUpdate();
        }
    }

    /// Different rows that exist.
    private Integer[] pick(int rows) {
        BitSet picked = new BitSet();
        for (int count = 0; count < rows; ) {
            int id = 1 + random.nextInt(last);
            if (live.get(id) && !picked.get(id)) {
                picked.set(id);
                count++;
            }
        }
        return picked.stream().boxed().toArray(Integer[]::new);
    }
}
