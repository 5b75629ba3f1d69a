 SELECT GROUPING(t.a) AS "grouping"
   FROM (parser_probe.t
     JOIN parser_probe.u ON ((t.id = u.id)))
  GROUP BY GROUPING SETS ((t.a), (u.v))
  ORDER BY GROUPING(t.a), u.v;
