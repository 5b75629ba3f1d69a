 SELECT '1 day'::interval AS a,
    '3 mons'::interval month AS b,
    (ts + '1 year 2 mons'::interval) AS c,
    (dt + 7) AS d,
    '00:00:01.235'::interval(3) AS e
   FROM parser_probe.t;
