 SELECT o_orderpriority,
    count(*) AS order_count
   FROM parser_probe.orders
  WHERE ((o_orderdate >= '1993-07-01'::date) AND (o_orderdate < ('1993-07-01'::date + '3 mons'::interval month)) AND (EXISTS ( SELECT lineitem.l_orderkey,
            lineitem.l_partkey,
            lineitem.l_suppkey,
            lineitem.l_linenumber,
            lineitem.l_quantity,
            lineitem.l_extendedprice,
            lineitem.l_discount,
            lineitem.l_tax,
            lineitem.l_returnflag,
            lineitem.l_linestatus,
            lineitem.l_shipdate,
            lineitem.l_commitdate,
            lineitem.l_receiptdate,
            lineitem.l_shipinstruct,
            lineitem.l_shipmode,
            lineitem.l_comment
           FROM parser_probe.lineitem
          WHERE ((lineitem.l_orderkey = orders.o_orderkey) AND (lineitem.l_commitdate < lineitem.l_receiptdate)))))
  GROUP BY o_orderpriority
  ORDER BY o_orderpriority;
