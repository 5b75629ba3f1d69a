 SELECT p
   FROM ONLY parser_probe.parent;
