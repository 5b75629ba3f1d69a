 SELECT count(*) AS count
   FROM ( SELECT ROW(t.a, t.b) AS "row",
            count(*) AS count
           FROM parser_probe.t
          GROUP BY ROLLUP(ROW(t.a, t.b), (t.a, t.b)), GROUPING SETS ((ROW(t.a, t.b)), (ROW(t.a, t.b), t.c))) q;
