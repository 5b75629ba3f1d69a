 SELECT supplier.s_name,
    supplier.s_address
   FROM parser_probe.supplier,
    parser_probe.nation
  WHERE ((supplier.s_suppkey IN ( SELECT partsupp.ps_suppkey
           FROM parser_probe.partsupp
          WHERE ((partsupp.ps_partkey IN ( SELECT part.p_partkey
                   FROM parser_probe.part
                  WHERE (part.p_name ~~ 'forest%'::text))) AND ((partsupp.ps_availqty)::numeric > ( SELECT (0.5 * sum(lineitem.l_quantity))
                   FROM parser_probe.lineitem
                  WHERE ((lineitem.l_partkey = partsupp.ps_partkey) AND (lineitem.l_suppkey = partsupp.ps_suppkey))))))) AND (supplier.s_nationkey = nation.n_nationkey) AND (nation.n_name = 'CANADA'::text))
  ORDER BY supplier.s_name;
