 SELECT id
   FROM parser_probe.t
  ORDER BY (c COLLATE "C") DESC NULLS LAST, (a + b), ( SELECT 1), (- a), (a IS NULL)
 LIMIT NULL::integer;
