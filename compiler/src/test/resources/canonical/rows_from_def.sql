 SELECT a,
    b,
    generate_series
   FROM ROWS FROM(json_to_record('{}'::json) AS (a integer, b text), generate_series(1, 2)) r(a, b, generate_series);
