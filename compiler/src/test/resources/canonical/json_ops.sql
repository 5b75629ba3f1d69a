 SELECT (js -> 'a'::text) AS p,
    (js ->> 'b'::text) AS q,
    (js #> '{a,b}'::text[]) AS r,
    (js @> '{"a": 1}'::jsonb) AS s,
    (js ? 'k'::text) AS k,
    (((js -> 'a'::text))::integer + 1) AS n,
    js['a'::text]['b'::text] AS sub
   FROM parser_probe.t;
