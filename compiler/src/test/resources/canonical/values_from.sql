 SELECT x,
    y
   FROM ( VALUES (1,'a'::text), (2,'b'::text)) v(x, y);
