 SELECT a,
    "B c",
    z,
    ts,
    arr,
    cv,
    cc
   FROM parser_probe.rec() q(a integer, "B c" numeric(10,2), z text COLLATE "C", ts timestamp(3) with time zone, arr integer[], cv character varying(10), cc parser_probe.comp);
