 SELECT count(*) AS count,
    min(c) AS min,
    max(ts) AS max,
    lower(c) AS lower,
    bool_and(ok) AS bool_and,
    every(ok) AS every,
    corr((a)::double precision, (b)::double precision) AS corr
   FROM parser_probe.t
  GROUP BY c;
