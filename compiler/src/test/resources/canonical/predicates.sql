 SELECT id
   FROM parser_probe.t
  WHERE (((a >= 1) AND (a <= 5)) AND (((b < 3) OR (b > 2)) AND ((b < 2) OR (b > 3))) AND (c ~~ 'a%'::text) AND (c !~~* like_escape('_b'::text, '\'::text)) AND (c ~ similar_to_escape('(a|b)'::text)) AND (a IS DISTINCT FROM b) AND (NOT (a IS DISTINCT FROM id)) AND (ok IS TRUE) AND (ok IS NOT FALSE) AND (ok IS UNKNOWN) AND (c ~ '^x'::text) AND (c !~* 'y'::text) AND (a IS NULL));
