 SELECT id
   FROM parser_probe.t
  WHERE ((a = ANY (ARRAY[1, 2, 3])) AND (b <> ALL (arr)) AND (a <> ALL (ARRAY[4, 5])));
