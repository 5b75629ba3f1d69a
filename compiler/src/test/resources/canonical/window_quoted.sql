 SELECT sum(a) OVER "W 4" AS sum,
    nth_value(a, 2) OVER "W 4" AS nth_value
   FROM parser_probe.t
  WINDOW "W 4" AS (ORDER BY ts RANGE BETWEEN '1 day'::interval PRECEDING AND '01:00:00'::interval FOLLOWING);
