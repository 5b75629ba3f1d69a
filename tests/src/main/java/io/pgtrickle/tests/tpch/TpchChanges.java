package io.pgtrickle.tests.tpch;

import io.pgtrickle.runtime.jdbc.Sql;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/// The refresh functions of the specification and updates of random rows. What is changed follows
/// from the order of the calls alone. Each call is one transaction, or part of the caller's when
/// the connection is not in autocommit mode. One thread.
///
/// New values come from other rows of the same table or from dbgen's domains, so that the
/// distribution of the data stays what it is.
public final class TpchChanges {
    private final Connection connection;
    private final BigDecimal scale;
    private long turn;
    private long inserted;

    /// Changes of tables that [TpchLoader] filled.
    public TpchChanges(Connection connection, BigDecimal scale) throws SQLException {
        this.connection = connection;
        this.scale = scale;
        Sql.execute(
                connection,
                """
                CREATE OR REPLACE FUNCTION dice(what bigint, turn bigint, sides bigint) RETURNS bigint
                IMMUTABLE STRICT LANGUAGE sql AS 'SELECT (hashint8extended($1, $2) & 9223372036854775807) % $3'\
                """);
    }

    /// How many rows dbgen makes of a table with `base` rows at scale 1.
    private long rows(long base) {
        return scale.multiply(BigDecimal.valueOf(base)).longValue();
    }

    private long orders() {
        return rows(1_500_000);
    }

    /// dbgen uses the first 8 of each 32 order keys; the others are for new orders.
    private static String orderKey(String index) {
        return "(((" + index + " >> 3) << 5) | (" + index + " & 7))";
    }

    /// Up to `count` random rows, as a sub-select of their keys.
    private static String random(String table, String keys, String from, int count) {
        String first = keys.split(",", 2)[0];
        return """
        (SELECT DISTINCT p.* FROM generate_series(1, %1$d) AS g CROSS JOIN LATERAL
            (SELECT %2$s FROM %3$s WHERE %4$s >= %5$s ORDER BY %2$s LIMIT 1) AS p)\
        """
                .formatted(count, keys, table, first, from);
    }

    /// A random number from 1 to `sides`, the same for the same `what` in this turn.
    private String dice(String what, long sides) {
        return "(1 + dice(%s, %d, %d))".formatted(what, turn, Math.max(1, sides));
    }

    private String randomOrders(String table, String keys, int count) {
        // Below the last key, so that there is a row from there on.
        String index = dice("g", orders() * 9 / 10);
        return random(table, keys, orderKey(index), count);
    }

    private String randomRows(String table, String keys, long base, int count) {
        return random(table, keys, dice("g", rows(base) * 9 / 10), count);
    }

    /// RF1: new orders with their lineitems, like existing ones but for other customers, of other
    /// parts, in other quantities.
    ///
    /// @param count the number of orders
    public void insertOrders(int count) throws SQLException {
        turn++;
        long first = inserted + 1;
        inserted += count;
        Sql.execute(
                connection,
                """
                WITH chosen AS MATERIALIZED (
                    SELECT %1$s | 8 AS key, old.o_orderkey AS model, c.c_custkey
                    FROM generate_series(%2$d, %3$d) AS g
                    CROSS JOIN LATERAL (
                        SELECT o_orderkey FROM orders WHERE o_orderkey >= %4$s ORDER BY o_orderkey LIMIT 1) AS old
                    CROSS JOIN LATERAL (
                        SELECT c_custkey FROM customer WHERE c_custkey >= %5$s AND c_custkey %% 3 <> 0
                        ORDER BY c_custkey LIMIT 1) AS c),
                new_orders AS (
                    INSERT INTO orders
                    SELECT key, chosen.c_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority,
                           o_clerk, o_shippriority, o_comment
                    FROM chosen JOIN orders ON o_orderkey = model)
                INSERT INTO lineitem
                SELECT key, ps_partkey, ps_suppkey, l_linenumber, quantity, quantity * p_retailprice,
                       l_discount, l_tax, l_returnflag, l_linestatus, l_shipdate, l_commitdate, l_receiptdate,
                       l_shipinstruct, l_shipmode, l_comment
                FROM chosen JOIN lineitem ON l_orderkey = model
                CROSS JOIN LATERAL (SELECT %6$s AS quantity) AS q
                CROSS JOIN LATERAL (
                    SELECT ps_partkey, ps_suppkey FROM partsupp WHERE ps_partkey >= %7$s
                    ORDER BY ps_partkey, ps_suppkey LIMIT 1) AS ps
                JOIN part ON p_partkey = ps_partkey\
                """
                        .formatted(
                                orderKey("g"),
                                first,
                                inserted,
                                orderKey(dice("g", orders() * 9 / 10)),
                                dice("-g", rows(150_000) * 9 / 10),
                                dice("key + l_linenumber", 50),
                                dice("key * 7 + l_linenumber", rows(200_000) * 9 / 10)));
    }

    /// RF2: deletes random orders with their lineitems.
    ///
    /// @param count the number of orders
    public void deleteOrders(int count) throws SQLException {
        turn++;
        String keys = randomOrders("orders", "o_orderkey", count);
        atomically(
                "DELETE FROM lineitem WHERE l_orderkey IN " + keys,
                "DELETE FROM orders WHERE o_orderkey IN " + keys);
    }

    /// Other prices, states, priorities, and for some other dates.
    public void updateOrders(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE orders AS o SET
                    o_orderstatus = substr('OFP', %1$s::int, 1),
                    o_totalprice = o_totalprice + %2$s / 100.0,
                    o_orderpriority = (ARRAY['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[%3$s],
                    o_orderdate = CASE WHEN %1$s = 1 THEN o_orderdate + %2$s::int %% 7 ELSE o_orderdate END,
                    o_comment = CASE WHEN %3$s = 1 THEN 'special requests' ELSE o_comment END
                FROM %4$s AS p WHERE o.o_orderkey = p.o_orderkey\
                """
                        .formatted(
                                dice("o.o_orderkey", 3),
                                dice("o.o_orderkey", 1000),
                                dice("o.o_orderkey", 5),
                                randomOrders("orders", "o_orderkey", count)));
    }

    /// Other quantities, prices, discounts, dates, return flags and ways of shipping.
    public void updateLineitems(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE lineitem AS l SET
                    l_quantity = %1$s,
                    l_extendedprice = round(l_extendedprice / l_quantity * %1$s, 2),
                    l_discount = (%2$s - 1) / 100.0,
                    l_shipdate = l_shipdate + %1$s::int %% 11 - 5,
                    l_commitdate = l_commitdate + %2$s::int %% 7 - 3,
                    l_receiptdate = l_receiptdate + %1$s::int %% 11 - 5,
                    l_returnflag = substr('RAN', %3$s::int, 1),
                    l_shipmode = (ARRAY['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[%4$s]
                FROM %5$s AS p WHERE l.l_orderkey = p.l_orderkey AND l.l_linenumber = p.l_linenumber\
                """
                        .formatted(
                                dice("l.l_orderkey", 50),
                                dice("l.l_orderkey", 11),
                                dice("l.l_orderkey", 3),
                                dice("l.l_orderkey", 7),
                                randomOrders("lineitem", "l_orderkey, l_linenumber", count)));
    }

    /// Other balances; some move to another segment or another nation.
    public void updateCustomers(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE customer AS c SET
                    c_acctbal = -1000 + %1$s,
                    c_mktsegment = CASE WHEN %2$s <> 1 THEN c_mktsegment ELSE
                        (ARRAY['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'])[%3$s] END,
                    c_nationkey = CASE WHEN %2$s <> 2 THEN c_nationkey ELSE %4$s - 1 END,
                    c_phone = CASE WHEN %2$s <> 2 THEN c_phone ELSE %4$s + 9 || substr(c_phone, 3) END
                FROM %5$s AS p WHERE c.c_custkey = p.c_custkey\
                """
                        .formatted(
                                dice("c.c_custkey", 10_000),
                                dice("c.c_custkey", 4),
                                dice("c.c_custkey", 5),
                                dice("c.c_custkey", 25),
                                randomRows("customer", "c_custkey", 150_000, count)));
    }

    /// Each becomes like another part in size and container, some in brand, type and name too.
    public void updateParts(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE part AS t SET
                    p_size = o.p_size %% 50 + 1,
                    p_container = o.p_container,
                    p_retailprice = o.p_retailprice,
                    p_brand = CASE WHEN %1$s = 1 THEN o.p_brand ELSE t.p_brand END,
                    p_type = CASE WHEN %1$s = 2 THEN o.p_type ELSE t.p_type END,
                    p_name = CASE WHEN %1$s = 3 THEN o.p_name ELSE t.p_name END
                FROM %2$s AS p CROSS JOIN LATERAL (
                    SELECT * FROM part WHERE p_partkey >= %3$s ORDER BY p_partkey LIMIT 1) AS o
                WHERE t.p_partkey = p.p_partkey\
                """
                        .formatted(
                                dice("t.p_partkey", 4),
                                randomRows("part", "p_partkey", 200_000, count),
                                dice("-p.p_partkey", rows(200_000) * 9 / 10)));
    }

    /// Other quantities and costs.
    public void updatePartsupps(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE partsupp AS t SET ps_availqty = %1$s, ps_supplycost = %2$s / 100.0
                FROM %3$s AS p WHERE t.ps_partkey = p.ps_partkey AND t.ps_suppkey = p.ps_suppkey\
                """
                        .formatted(
                                dice("t.ps_partkey", 9_999),
                                dice("t.ps_partkey", 100_000),
                                randomRows("partsupp", "ps_partkey, ps_suppkey", 200_000, count)));
    }

    /// Other balances and addresses; some move to another nation or get complaints.
    public void updateSuppliers(int count) throws SQLException {
        turn++;
        Sql.execute(
                connection,
                """
                UPDATE supplier AS s SET
                    s_acctbal = -1000 + %1$s,
                    s_address = reverse(s_address),
                    s_nationkey = CASE WHEN %2$s = 1 THEN %3$s - 1 ELSE s_nationkey END,
                    s_comment = CASE WHEN %2$s = 2 THEN 'Customer Complaints' ELSE s_comment END
                FROM %4$s AS p WHERE s.s_suppkey = p.s_suppkey\
                """
                        .formatted(
                                dice("s.s_suppkey", 10_000),
                                dice("s.s_suppkey", 8),
                                dice("s.s_suppkey", 25),
                                randomRows("supplier", "s_suppkey", 10_000, count)));
    }

    private void atomically(String... statements) throws SQLException {
        if (connection.getAutoCommit()) {
            Sql.inTransaction(
                    connection, Sql.Isolation.READ_COMMITTED, it -> executeAll(it, statements));
        } else {
            executeAll(connection, statements);
        }
    }

    private static int executeAll(Connection connection, String... statements) throws SQLException {
        Sql.executeAll(connection, List.of(statements));
        return statements.length;
    }
}
