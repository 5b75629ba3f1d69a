 SELECT v AS name,
    a AS value,
    id AS date,
    tid AS "end"
   FROM parser_probe.u;
