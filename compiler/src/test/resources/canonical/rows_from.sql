 SELECT a,
    b,
    c
   FROM ROWS FROM(generate_series(1, 2), unnest(ARRAY['a'::text, 'b'::text])) WITH ORDINALITY r(a, b, c);
