 SELECT sum((l_extendedprice * l_discount)) AS revenue
   FROM parser_probe.lineitem
  WHERE ((l_shipdate >= '1994-01-01'::date) AND (l_shipdate < ('1994-01-01'::date + '1 year'::interval year)) AND ((l_discount >= (0.06 - 0.01)) AND (l_discount <= (0.06 + 0.01))) AND (l_quantity < (24)::numeric));
