 SELECT 1 AS i,
    1.5 AS n,
    '10000000000'::numeric AS f,
    'it''s'::text AS s,
    'a
b\c'::text AS e,
    true AS b,
    NULL::text AS n2,
    '-5'::integer AS neg,
    '12345678901'::bigint AS big,
    '101'::"bit" AS bits,
    '11111111'::"bit" AS hex,
    ''::text AS em,
    'select -- /* x'::text AS cm,
    'multi
line'::text AS ml;
