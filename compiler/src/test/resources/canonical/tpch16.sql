 SELECT part.p_brand,
    part.p_type,
    part.p_size,
    count(DISTINCT partsupp.ps_suppkey) AS supplier_cnt
   FROM parser_probe.partsupp,
    parser_probe.part
  WHERE ((part.p_partkey = partsupp.ps_partkey) AND (part.p_brand <> 'Brand#45'::text) AND (part.p_type !~~ 'MEDIUM POLISHED%'::text) AND (part.p_size = ANY (ARRAY[49, 14, 23])) AND (NOT (partsupp.ps_suppkey IN ( SELECT supplier.s_suppkey
           FROM parser_probe.supplier
          WHERE (supplier.s_comment ~~ '%Customer%Complaints%'::text)))))
  GROUP BY part.p_brand, part.p_type, part.p_size
  ORDER BY (count(DISTINCT partsupp.ps_suppkey)) DESC, part.p_brand, part.p_type, part.p_size;
