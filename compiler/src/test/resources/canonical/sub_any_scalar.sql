 SELECT id
   FROM parser_probe.t
  WHERE (a = ANY (( SELECT array_agg(u.a) AS array_agg
           FROM parser_probe.u)::integer[]));
