 SELECT o_year,
    (sum(
        CASE
            WHEN (nation = 'BRAZIL'::text) THEN volume
            ELSE (0)::numeric
        END) / sum(volume)) AS mkt_share
   FROM ( SELECT EXTRACT(year FROM orders.o_orderdate) AS o_year,
            (lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount)) AS volume,
            n2.n_name AS nation
           FROM parser_probe.part,
            parser_probe.supplier,
            parser_probe.lineitem,
            parser_probe.orders,
            parser_probe.customer,
            parser_probe.nation n1,
            parser_probe.nation n2,
            parser_probe.region
          WHERE ((part.p_partkey = lineitem.l_partkey) AND (supplier.s_suppkey = lineitem.l_suppkey) AND (lineitem.l_orderkey = orders.o_orderkey) AND (orders.o_custkey = customer.c_custkey) AND (customer.c_nationkey = n1.n_nationkey) AND (n1.n_regionkey = region.r_regionkey) AND (region.r_name = 'AMERICA'::text) AND (supplier.s_nationkey = n2.n_nationkey) AND ((orders.o_orderdate >= '1995-01-01'::date) AND (orders.o_orderdate <= '1996-12-31'::date)) AND (part.p_type = 'ECONOMY ANODIZED STEEL'::text))) all_nations
  GROUP BY o_year
  ORDER BY o_year;
