 SELECT sum(( SELECT max(u.id) AS max
           FROM parser_probe.u)) FILTER (WHERE (EXISTS ( SELECT 1))) OVER (PARTITION BY ( SELECT 2) ORDER BY (a IN ( SELECT 3))) AS sum,
    XMLELEMENT(NAME foo, XMLATTRIBUTES(( SELECT 1) AS z), ( SELECT 2)) AS "xmlelement",
    XMLFOREST(( SELECT 1) AS q) AS "xmlforest",
    XMLCONCAT(x, ( SELECT t.x)) AS "xmlconcat",
    XMLSERIALIZE(CONTENT ( SELECT t.x) AS text NO INDENT) AS "xmlserialize",
    XMLPARSE(DOCUMENT ( SELECT 'a'::text) STRIP WHITESPACE) AS "xmlparse",
    XMLROOT(( SELECT t.x), VERSION '1.0'::text, STANDALONE YES) AS "xmlroot",
    ( SELECT t.x) IS DOCUMENT AS "?column?",
    XMLEXISTS((( SELECT 'a'::text)) PASSING (( SELECT t.x))) AS "xmlexists",
    XMLPI(NAME php, ( SELECT 'x'::text)) AS "xmlpi"
   FROM parser_probe.t;
