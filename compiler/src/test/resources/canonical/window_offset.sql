 SELECT parser_probe."Agg X"(a) OVER (ORDER BY a ROWS BETWEEN (2 + 1) PRECEDING AND UNBOUNDED FOLLOWING) AS "Agg X"
   FROM parser_probe.t;
