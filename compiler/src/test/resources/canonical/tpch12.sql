 SELECT lineitem.l_shipmode,
    sum(
        CASE
            WHEN ((orders.o_orderpriority = '1-URGENT'::text) OR (orders.o_orderpriority = '2-HIGH'::text)) THEN 1
            ELSE 0
        END) AS high_line_count,
    sum(
        CASE
            WHEN ((orders.o_orderpriority <> '1-URGENT'::text) AND (orders.o_orderpriority <> '2-HIGH'::text)) THEN 1
            ELSE 0
        END) AS low_line_count
   FROM parser_probe.orders,
    parser_probe.lineitem
  WHERE ((orders.o_orderkey = lineitem.l_orderkey) AND (lineitem.l_shipmode = ANY (ARRAY['MAIL'::text, 'SHIP'::text])) AND (lineitem.l_commitdate < lineitem.l_receiptdate) AND (lineitem.l_shipdate < lineitem.l_commitdate))
  GROUP BY lineitem.l_shipmode
  ORDER BY lineitem.l_shipmode;
