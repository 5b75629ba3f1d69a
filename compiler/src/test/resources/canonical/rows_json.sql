 SELECT jq.jq,
    jv.jv
   FROM JSON_QUERY('[]'::jsonb, '$' RETURNING jsonb WITHOUT WRAPPER KEEP QUOTES) jq(jq),
    JSON_VALUE('1'::jsonb, '$' RETURNING integer) jv(jv);
