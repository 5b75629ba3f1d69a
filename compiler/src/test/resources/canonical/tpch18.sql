 SELECT customer.c_name,
    customer.c_custkey,
    orders.o_orderkey,
    orders.o_orderdate,
    orders.o_totalprice,
    sum(lineitem.l_quantity) AS sum
   FROM parser_probe.customer,
    parser_probe.orders,
    parser_probe.lineitem
  WHERE ((orders.o_orderkey IN ( SELECT lineitem_1.l_orderkey
           FROM parser_probe.lineitem lineitem_1
          GROUP BY lineitem_1.l_orderkey
         HAVING (sum(lineitem_1.l_quantity) > (300)::numeric))) AND (customer.c_custkey = orders.o_custkey) AND (orders.o_orderkey = lineitem.l_orderkey))
  GROUP BY customer.c_name, customer.c_custkey, orders.o_orderkey, orders.o_orderdate, orders.o_totalprice
  ORDER BY orders.o_totalprice DESC, orders.o_orderdate
 LIMIT 100;
