 SELECT g.g,
    r.w,
    r.ordinality
   FROM generate_series(1, ( SELECT max(t.id) AS max
           FROM parser_probe.t)) g(g),
    regexp_split_to_table('a b'::text, ' '::text) WITH ORDINALITY r(w, ordinality);
