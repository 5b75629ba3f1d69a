 SELECT sum((lineitem.l_extendedprice * ((1)::numeric - lineitem.l_discount))) AS revenue
   FROM parser_probe.lineitem,
    parser_probe.part
  WHERE (((part.p_partkey = lineitem.l_partkey) AND (part.p_brand = 'Brand#12'::text) AND (part.p_container = ANY (ARRAY['SM CASE'::text, 'SM BOX'::text])) AND (lineitem.l_quantity >= (1)::numeric) AND (lineitem.l_quantity <= ((1 + 10))::numeric) AND ((part.p_size >= 1) AND (part.p_size <= 5))) OR ((part.p_partkey = lineitem.l_partkey) AND (part.p_brand = 'Brand#23'::text) AND (lineitem.l_shipmode = ANY (ARRAY['AIR'::text, 'AIR REG'::text]))));
