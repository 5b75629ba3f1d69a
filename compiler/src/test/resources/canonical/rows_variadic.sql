 SELECT count(*) AS count
   FROM ( SELECT f."A b",
            f.c,
            g."Q",
            g.c
           FROM parser_probe."Odd F"(1, VARIADIC ARRAY[2, 3]) f("A b", c),
            parser_probe."Odd F"(1, VARIADIC ARRAY[2]) g("Q", c)) q("A b", c, "Q", c_1);
