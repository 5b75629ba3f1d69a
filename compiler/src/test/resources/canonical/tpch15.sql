 WITH revenue(supplier_no, total_revenue) AS (
         SELECT lineitem.l_suppkey,
            sum((lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount))) AS sum
           FROM parser_probe.lineitem
          WHERE (lineitem.l_shipdate >= '1996-01-01'::date)
          GROUP BY lineitem.l_suppkey
        )
 SELECT supplier.s_suppkey,
    supplier.s_name,
    revenue.total_revenue
   FROM parser_probe.supplier,
    revenue
  WHERE ((supplier.s_suppkey = revenue.supplier_no) AND (revenue.total_revenue = ( SELECT max(revenue_1.total_revenue) AS max
           FROM revenue revenue_1)))
  ORDER BY supplier.s_suppkey;
