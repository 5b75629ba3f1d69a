 SELECT id
   FROM parser_probe.t
  WHERE (((a = 1) AND (b = 2)) AND (ROW(a, b) < ROW(b, a)) AND ((a IS DISTINCT FROM 1) OR (b IS DISTINCT FROM 2)) AND (ROW(a, b) IS NULL) AND (((a = 1) AND (b = 2)) OR ((a = 3) AND (b = 4))));
