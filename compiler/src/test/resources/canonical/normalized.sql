 SELECT (c IS NORMALIZED) AS n,
    (NOT (c IS NFD NORMALIZED)) AS m,
    (c IS NFKC NORMALIZED) AS k
   FROM parser_probe.t;
