 SELECT t."Weird ""Name" AS "Out ""Put",
    t."order" AS "group",
    "o""t"."select",
    "o""t"."a b" AS "Ünï"
   FROM parser_probe.t,
    parser_probe."Odd.Table" "o""t";
