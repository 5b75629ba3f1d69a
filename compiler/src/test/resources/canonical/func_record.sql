 SELECT a,
    b
   FROM json_to_record('{}'::json) r(a integer, b text);
