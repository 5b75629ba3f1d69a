 SELECT id,
    ARRAY( SELECT u.v
           FROM parser_probe.u
          ORDER BY u.v) AS vs
   FROM parser_probe.t;
