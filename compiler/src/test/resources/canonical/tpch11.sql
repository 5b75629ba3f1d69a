 SELECT partsupp.ps_partkey,
    sum((partsupp.ps_supplycost * (partsupp.ps_availqty)::numeric)) AS value
   FROM parser_probe.partsupp,
    parser_probe.supplier,
    parser_probe.nation
  WHERE ((partsupp.ps_suppkey = supplier.s_suppkey) AND (supplier.s_nationkey = nation.n_nationkey) AND (nation.n_name = 'GERMANY'::text))
  GROUP BY partsupp.ps_partkey
 HAVING (sum((partsupp.ps_supplycost * (partsupp.ps_availqty)::numeric)) > ( SELECT (sum((partsupp_1.ps_supplycost * (partsupp_1.ps_availqty)::numeric)) * 0.0001)
           FROM parser_probe.partsupp partsupp_1,
            parser_probe.supplier supplier_1,
            parser_probe.nation nation_1
          WHERE ((partsupp_1.ps_suppkey = supplier_1.s_suppkey) AND (supplier_1.s_nationkey = nation_1.n_nationkey) AND (nation_1.n_name = 'GERMANY'::text))))
  ORDER BY (sum((partsupp.ps_supplycost * (partsupp.ps_availqty)::numeric))) DESC;
