 SELECT t.id AS tid,
    xt.n,
    xt.id,
    xt.nm
   FROM parser_probe.t,
    LATERAL XMLTABLE(XMLNAMESPACES ('http://x'::text AS xx), ('/rows/row'::text) PASSING (t.x) COLUMNS n FOR ORDINALITY, id integer PATH ('@id'::text) NOT NULL, nm text DEFAULT ('none'::text) PATH ('name'::text)) xt;
