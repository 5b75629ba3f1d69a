 SELECT nation,
    o_year,
    sum(amount) AS sum_profit
   FROM ( SELECT nation.n_name AS nation,
            EXTRACT(year FROM orders.o_orderdate) AS o_year,
            ((lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount)) - (partsupp.ps_supplycost * lineitem.l_quantity)) AS amount
           FROM parser_probe.part,
            parser_probe.supplier,
            parser_probe.lineitem,
            parser_probe.partsupp,
            parser_probe.orders,
            parser_probe.nation
          WHERE ((supplier.s_suppkey = lineitem.l_suppkey) AND (partsupp.ps_suppkey = lineitem.l_suppkey) AND (partsupp.ps_partkey = lineitem.l_partkey) AND (part.p_partkey = lineitem.l_partkey) AND (orders.o_orderkey = lineitem.l_orderkey) AND (supplier.s_nationkey = nation.n_nationkey) AND (part.p_name ~~ '%green%'::text))) profit
  GROUP BY nation, o_year
  ORDER BY nation, o_year DESC;
