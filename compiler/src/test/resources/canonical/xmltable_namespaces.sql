 SELECT xt.n,
    xt.id,
    xt."N m",
    xt.d,
    xt.path,
    xt.zz,
    xt.tt
   FROM parser_probe.t,
    LATERAL XMLTABLE(XMLNAMESPACES ('http://x'::text AS xx, 'http://y'::text AS "Y y"), ('/rows/row'::text) PASSING (t.x) COLUMNS n FOR ORDINALITY, id integer PATH ('@id'::text) NOT NULL, "N m" text DEFAULT ('none'::text) PATH ('name'::text), d numeric(10,2) DEFAULT (t.d), path text DEFAULT (COALESCE(t.c, ( SELECT 'x'::text))) PATH (t.c) NOT NULL, zz xml, tt timestamp without time zone PATH ('x'::text)) xt;
