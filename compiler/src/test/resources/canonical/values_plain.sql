 VALUES (1,'a'::text), (2,'b'::text);
