 SELECT (a + b) AS p,
    (a OPERATOR(parser_probe.===) b) AS q,
    (- a) AS n,
    (+ a) AS pl,
    (@ a) AS ab,
    (a # b) AS x,
    ((a)::double precision ^ (2)::double precision) AS e,
    (a % 2) AS m,
    (a << 1) AS s,
    ((c || 'x'::text) || c) AS cat,
    (((a + b) * (- (a - b))) / 2) AS ar,
    (~ a) AS inv,
    (|/ (d)::double precision) AS sq
   FROM parser_probe.t;
