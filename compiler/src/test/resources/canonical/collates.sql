 SELECT (c COLLATE "C") AS cc,
    ((c COLLATE "POSIX") < 'x'::text) AS e
   FROM parser_probe.t
  ORDER BY (c COLLATE "C") DESC;
