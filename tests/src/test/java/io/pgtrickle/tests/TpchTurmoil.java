package io.pgtrickle.tests;

import java.util.List;

/// One transaction that changes all eight tables of TPC-H, keys and what the queries filter on
/// included, in ways that the benchmark's own refresh functions never do.
final class TpchTurmoil {
    private TpchTurmoil() {}

    /// @param round which rows are hit, and the new keys
    static List<String> statements(int round) {
        return STATEMENTS.stream()
                .map(sql -> sql.replace(":round", Integer.toString(round)))
                .toList();
    }

    /// `dice(what, turn, sides)` is a hash, so the same rows are hit in every run.
    private static final List<String> STATEMENTS =
            List.of(
                    // Names change places in one statement.
                    """
                    UPDATE region SET r_name = CASE r_name WHEN 'EUROPE' THEN 'ASIA' WHEN 'ASIA' THEN 'AMERICA'
                        ELSE 'EUROPE' END WHERE r_name IN ('EUROPE', 'ASIA', 'AMERICA')\
                    """,
                    """
                    UPDATE nation SET n_name = CASE n_name WHEN 'GERMANY' THEN 'FRANCE' WHEN 'FRANCE' THEN 'CANADA'
                        WHEN 'CANADA' THEN 'BRAZIL' WHEN 'BRAZIL' THEN 'SAUDI ARABIA' ELSE 'GERMANY' END
                    WHERE n_name IN ('GERMANY', 'FRANCE', 'CANADA', 'BRAZIL', 'SAUDI ARABIA')\
                    """,
                    "UPDATE nation SET n_regionkey = (n_regionkey + 1) % 5 WHERE n_nationkey % 8 = :round % 8",
                    // New rows at the root of the foreign keys, others that nothing refers to.
                    "INSERT INTO nation VALUES (100 + :round, 'GERMANY', :round % 5, 'a second Germany')",
                    """
                    UPDATE supplier SET s_nationkey = CASE WHEN s_suppkey % 3 = 0 THEN 100 + :round ELSE
                        dice(s_suppkey, :round, 25) END,
                        s_comment = CASE WHEN s_comment LIKE '%Complaints%' THEN 'none' ELSE 'Customer Complaints' END
                    WHERE dice(s_suppkey, :round, 5) = 0\
                    """,
                    """
                    INSERT INTO supplier SELECT 1000 + 10 * :round + i, 'New supplier ' || :round || '/' || i, 'there',
                        dice(i, :round, 25), '10-000', i, 'no comment' FROM generate_series(1, 5) AS i\
                    """,
                    """
                    INSERT INTO customer SELECT 10000 + 10 * :round + i, 'New customer ' || i, 'there', dice(i, :round, 25),
                        '13-000', 9000 + i, 'BUILDING', 'no comment' FROM generate_series(1, 5) AS i\
                    """,
                    """
                    DELETE FROM customer WHERE dice(c_custkey, :round, 10) = 0
                        AND NOT EXISTS (SELECT FROM orders WHERE o_custkey = c_custkey)\
                    """,
                    """
                    UPDATE customer SET c_phone = (ARRAY['13', '31', '23', '99'])[1 + dice(c_custkey, :round, 4)] || '-1',
                        c_acctbal = dice(c_custkey, -:round, 10000), c_nationkey = dice(c_custkey, 9 + :round, 25),
                        c_mktsegment = CASE c_mktsegment WHEN 'BUILDING' THEN 'MACHINERY' ELSE 'BUILDING' END
                    WHERE dice(c_custkey, :round, 20) = 1\
                    """,
                    // Parts become what the queries look for, or stop being it.
                    """
                    UPDATE part SET p_brand = (ARRAY['Brand#12', 'Brand#23', 'Brand#34', 'Brand#45'])[1 + dice(p_partkey, 1, 4)],
                        p_container = (ARRAY['SM CASE', 'MED BOX', 'LG PKG'])[1 + dice(p_partkey, 2 + :round, 3)],
                        p_size = (ARRAY[15, 1, 49, 3])[1 + dice(p_partkey, 3 + :round, 4)],
                        p_type = (ARRAY['ECONOMY ANODIZED STEEL', 'PROMO PLATED BRASS', 'MEDIUM POLISHED BRASS', 'SMALL TIN'])
                            [1 + dice(p_partkey, 4 + :round, 4)],
                        p_name = CASE WHEN p_name LIKE 'forest%' THEN 'green leaf' ELSE 'forest floor' END
                    WHERE dice(p_partkey, :round, 10) = 0\
                    """,
                    """
                    INSERT INTO part SELECT 10000 + 10 * :round + i, 'forest green', 'Manufacturer#1', 'Brand#12', 'SMALL BRASS',
                        15, 'SM BOX', 100, 'new' FROM generate_series(1, 5) AS i\
                    """,
                    """
                    INSERT INTO partsupp SELECT p_partkey, s_suppkey, 1 + dice(p_partkey, s_suppkey, 50), 5, 'new'
                    FROM part, supplier WHERE p_partkey > 10000 + 10 * :round AND s_suppkey % 20 = :round % 20\
                    """,
                    """
                    UPDATE partsupp SET ps_availqty = dice(ps_partkey, :round, 100), ps_supplycost = dice(ps_suppkey, :round, 9)
                    WHERE dice(ps_partkey * 1000 + ps_suppkey, :round, 20) = 0\
                    """,
                    """
                    DELETE FROM partsupp WHERE dice(ps_partkey * 1000 + ps_suppkey, :round, 50) = 1 AND NOT EXISTS
                        (SELECT FROM lineitem WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey)\
                    """,
                    // Orders get other keys, and their lineitems move along.
                    """
                    INSERT INTO orders SELECT o_orderkey + 16, o_custkey, o_orderstatus, o_totalprice, o_orderdate,
                        o_orderpriority, o_clerk, o_shippriority, o_comment
                    FROM orders WHERE dice(o_orderkey, :round, 50) = 0 AND o_orderkey & 24 = 0\
                    """,
                    """
                    UPDATE lineitem SET l_orderkey = l_orderkey + 16
                    WHERE dice(l_orderkey, :round, 50) = 0 AND l_orderkey & 24 = 0\
                    """,
                    "DELETE FROM orders WHERE dice(o_orderkey, :round, 50) = 0 AND o_orderkey & 24 = 0",
                    """
                    UPDATE orders SET o_custkey = (SELECT min(c_custkey) FROM customer
                            WHERE c_custkey > dice(o_orderkey, :round, 1400)),
                        o_orderdate = date '1993-06-25' + dice(o_orderkey, 1 + :round, 1100)::int,
                        o_orderstatus = 'F', o_shippriority = :round,
                        o_comment = CASE WHEN o_comment LIKE '%special%requests%' THEN '' ELSE 'special requests' END
                    WHERE dice(o_orderkey, 2 + :round, 40) = 0\
                    """,
                    // Line numbers, suppliers and parts of lineitems are keys too.
                    """
                    UPDATE lineitem SET l_linenumber = l_linenumber + 10 * :round
                    WHERE dice(l_orderkey * 8 + l_linenumber, :round, 100) = 0\
                    """,
                    """
                    UPDATE lineitem SET l_partkey = ps_partkey, l_suppkey = ps_suppkey,
                        l_quantity = 1 + dice(l_orderkey, :round, 100), l_discount = 0.06, l_tax = 0,
                        l_shipinstruct = 'DELIVER IN PERSON', l_shipmode = 'AIR'
                    FROM partsupp WHERE dice(l_orderkey, 3 + :round, 100) = 0
                        AND ps_partkey = 1 + dice(l_orderkey, 4 + :round, 2000) AND ps_suppkey % 4 = l_linenumber % 4\
                    """,
                    """
                    UPDATE lineitem SET l_shipdate = date '1993-12-20' + dice(l_orderkey, :round, 1000)::int,
                        l_commitdate = date '1994-01-10' + dice(l_orderkey, 1 + :round, 400)::int,
                        l_receiptdate = date '1994-01-01' + dice(l_orderkey, 2 + :round, 400)::int,
                        l_returnflag = 'R', l_shipmode = 'MAIL'
                    WHERE dice(l_orderkey * 8 + l_linenumber, 5 + :round, 60) = 0\
                    """,
                    "DELETE FROM lineitem WHERE dice(l_orderkey * 8 + l_linenumber, 6 + :round, 200) = 0");
}
