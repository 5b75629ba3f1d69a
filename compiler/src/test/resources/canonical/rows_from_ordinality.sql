 SELECT "P",
    q,
    s,
    t2,
    n
   FROM ROWS FROM(unnest(ARRAY[1, 2]), generate_series(1, 3), json_to_recordset('[]'::json) AS (a integer, b text)) WITH ORDINALITY r("P", q, s, t2, n);
