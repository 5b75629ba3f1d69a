 SELECT id
   FROM parser_probe.t
  WHERE ((ts, iv) OVERLAPS (ts, (ts + iv)));
