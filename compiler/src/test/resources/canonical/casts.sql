 SELECT (a)::bigint AS c1,
    (d)::text AS c2,
    '1 day'::interval AS c3,
    (c)::character varying(10) AS c4,
    (a)::numeric(10,2) AS c5,
    (ts)::timestamp(3) without time zone AS c6,
    (dt)::text AS c7,
    NULL::integer AS c8,
    (c)::"char" AS c9,
    '5 days 04:00:00'::interval day to hour AS c10,
    (a)::bit(3) AS c11,
    (c)::character(4) AS ch,
    (arr)::text[] AS ta
   FROM parser_probe.t;
