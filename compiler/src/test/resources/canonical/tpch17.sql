 SELECT (sum(lineitem.l_extendedprice) / 7.0) AS avg_yearly
   FROM parser_probe.lineitem,
    parser_probe.part
  WHERE ((part.p_partkey = lineitem.l_partkey) AND (part.p_brand = 'Brand#23'::text) AND (lineitem.l_quantity < ( SELECT (0.2 * avg(lineitem_1.l_quantity))
           FROM parser_probe.lineitem lineitem_1
          WHERE (lineitem_1.l_partkey = part.p_partkey))));
