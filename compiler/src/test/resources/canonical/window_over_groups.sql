 SELECT sum(sum(a)) OVER (PARTITION BY b ORDER BY (count(*)), (sum(d)) DESC ROWS ( SELECT 1) PRECEDING) AS sum
   FROM parser_probe.t
  GROUP BY b;
