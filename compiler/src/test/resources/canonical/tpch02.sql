 SELECT supplier.s_acctbal,
    supplier.s_name,
    nation.n_name,
    part.p_partkey,
    part.p_mfgr,
    supplier.s_address,
    supplier.s_phone,
    supplier.s_comment
   FROM parser_probe.part,
    parser_probe.supplier,
    parser_probe.partsupp,
    parser_probe.nation,
    parser_probe.region
  WHERE ((part.p_partkey = partsupp.ps_partkey) AND (supplier.s_suppkey = partsupp.ps_suppkey) AND (part.p_size = 15) AND (part.p_type ~~ '%BRASS'::text) AND (supplier.s_nationkey = nation.n_nationkey) AND (nation.n_regionkey = region.r_regionkey) AND (region.r_name = 'EUROPE'::text) AND (partsupp.ps_supplycost = ( SELECT min(partsupp_1.ps_supplycost) AS min
           FROM parser_probe.partsupp partsupp_1,
            parser_probe.supplier supplier_1,
            parser_probe.nation nation_1,
            parser_probe.region region_1
          WHERE ((part.p_partkey = partsupp_1.ps_partkey) AND (supplier_1.s_suppkey = partsupp_1.ps_suppkey) AND (supplier_1.s_nationkey = nation_1.n_nationkey) AND (nation_1.n_regionkey = region_1.r_regionkey) AND (region_1.r_name = 'EUROPE'::text)))))
  ORDER BY supplier.s_acctbal DESC, nation.n_name, supplier.s_name, part.p_partkey
 LIMIT 100;
