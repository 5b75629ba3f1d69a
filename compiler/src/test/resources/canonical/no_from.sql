 SELECT 1 AS x,
    now() AS y;
