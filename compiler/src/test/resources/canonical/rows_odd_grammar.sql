 SELECT un.x1,
    k.word,
    k.catcode,
    k.barelabel,
    k.catdesc,
    k.baredesc,
    tr.tr,
    ss.ss,
    ex.ex,
    ov.ov,
    ps.ps
   FROM unnest(ARRAY( SELECT t.id
           FROM parser_probe.t)) un(x1),
    pg_get_keywords() k(word, catcode, barelabel, catdesc, baredesc),
    TRIM(BOTH FROM 'a '::text) tr(tr),
    SUBSTRING('abc'::text FROM 2) ss(ss),
    EXTRACT(year FROM now()) ex(ex),
    OVERLAY('abc'::text PLACING 'x'::text FROM 2) ov(ov),
    POSITION(('a'::text) IN ('b'::text)) ps(ps);
