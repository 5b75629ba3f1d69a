 SELECT column1
   FROM ( VALUES (1), (2)) x;
