 SELECT ((100.00 * sum(
        CASE
            WHEN (part.p_type ~~ 'PROMO%'::text) THEN (lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount))
            ELSE (0)::numeric
        END)) / sum((lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount)))) AS promo_revenue
   FROM parser_probe.lineitem,
    parser_probe.part
  WHERE ((lineitem.l_partkey = part.p_partkey) AND (lineitem.l_shipdate >= '1995-09-01'::date));
