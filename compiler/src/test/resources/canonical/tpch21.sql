 SELECT supplier.s_name,
    count(*) AS numwait
   FROM parser_probe.supplier,
    parser_probe.lineitem l1,
    parser_probe.orders,
    parser_probe.nation
  WHERE ((supplier.s_suppkey = l1.l_suppkey) AND (orders.o_orderkey = l1.l_orderkey) AND (orders.o_orderstatus = 'F'::bpchar) AND (EXISTS ( SELECT l2.l_orderkey,
            l2.l_partkey,
            l2.l_suppkey,
            l2.l_linenumber,
            l2.l_quantity,
            l2.l_extendedprice,
            l2.l_discount,
            l2.l_tax,
            l2.l_returnflag,
            l2.l_linestatus,
            l2.l_shipdate,
            l2.l_commitdate,
            l2.l_receiptdate,
            l2.l_shipinstruct,
            l2.l_shipmode,
            l2.l_comment
           FROM parser_probe.lineitem l2
          WHERE ((l2.l_orderkey = l1.l_orderkey) AND (l2.l_suppkey <> l1.l_suppkey)))) AND (NOT (EXISTS ( SELECT l3.l_orderkey,
            l3.l_partkey,
            l3.l_suppkey,
            l3.l_linenumber,
            l3.l_quantity,
            l3.l_extendedprice,
            l3.l_discount,
            l3.l_tax,
            l3.l_returnflag,
            l3.l_linestatus,
            l3.l_shipdate,
            l3.l_commitdate,
            l3.l_receiptdate,
            l3.l_shipinstruct,
            l3.l_shipmode,
            l3.l_comment
           FROM parser_probe.lineitem l3
          WHERE ((l3.l_orderkey = l1.l_orderkey) AND (l3.l_suppkey <> l1.l_suppkey) AND (l3.l_receiptdate > l3.l_commitdate))))) AND (supplier.s_nationkey = nation.n_nationkey) AND (nation.n_name = 'SAUDI ARABIA'::text))
  GROUP BY supplier.s_name
  ORDER BY (count(*)) DESC, supplier.s_name
 LIMIT 100;
