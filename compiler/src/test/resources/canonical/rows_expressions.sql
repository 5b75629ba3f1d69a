 SELECT count(*) AS count
   FROM ( SELECT d.d,
            i.i,
            co.co,
            nn.nn,
            cs.cs,
            nf.nf,
            gr.gr,
            ct.ct,
            cu.cu
           FROM CURRENT_DATE d(d),
            CAST(1 AS integer) i(i),
            COALESCE(1, 2) co(co),
            parser_probe.named(q => 4, p => 3) nn(nn),
            "current_schema"() cs(cs),
            NULLIF(1, 2) nf(nf),
            GREATEST(1, 2) gr(gr),
            CURRENT_TIMESTAMP(3) ct(ct),
            CURRENT_USER cu(cu)) q;
