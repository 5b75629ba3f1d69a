 SELECT id
   FROM parser_probe.t TABLESAMPLE bernoulli (10) REPEATABLE (3);
