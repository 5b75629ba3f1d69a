 SELECT c_count,
    count(*) AS custdist
   FROM ( SELECT customer.c_custkey,
            count(orders.o_orderkey) AS count
           FROM (parser_probe.customer
             LEFT JOIN parser_probe.orders ON (((customer.c_custkey = orders.o_custkey) AND (orders.o_comment !~~ '%special%requests%'::text))))
          GROUP BY customer.c_custkey) c_orders(c_custkey, c_count)
  GROUP BY c_count
  ORDER BY (count(*)) DESC, c_count DESC;
