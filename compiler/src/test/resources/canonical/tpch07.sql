 SELECT supp_nation,
    cust_nation,
    l_year,
    sum(volume) AS revenue
   FROM ( SELECT n1.n_name AS supp_nation,
            n2.n_name AS cust_nation,
            EXTRACT(year FROM lineitem.l_shipdate) AS l_year,
            (lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount)) AS volume
           FROM parser_probe.supplier,
            parser_probe.lineitem,
            parser_probe.orders,
            parser_probe.customer,
            parser_probe.nation n1,
            parser_probe.nation n2
          WHERE ((supplier.s_suppkey = lineitem.l_suppkey) AND (orders.o_orderkey = lineitem.l_orderkey) AND (customer.c_custkey = orders.o_custkey) AND (supplier.s_nationkey = n1.n_nationkey) AND (customer.c_nationkey = n2.n_nationkey) AND (((n1.n_name = 'FRANCE'::text) AND (n2.n_name = 'GERMANY'::text)) OR ((n1.n_name = 'GERMANY'::text) AND (n2.n_name = 'FRANCE'::text))) AND ((lineitem.l_shipdate >= '1995-01-01'::date) AND (lineitem.l_shipdate <= '1996-12-31'::date)))) shipping
  GROUP BY supp_nation, cust_nation, l_year
  ORDER BY supp_nation, cust_nation, l_year;
