 WITH q AS NOT MATERIALIZED (
         SELECT t.a
           FROM parser_probe.t
        )
 SELECT a
   FROM q;
