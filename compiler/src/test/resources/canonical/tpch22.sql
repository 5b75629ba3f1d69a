 SELECT cntrycode,
    count(*) AS numcust,
    sum(c_acctbal) AS totacctbal
   FROM ( SELECT SUBSTRING(customer.c_phone FROM 1 FOR 2) AS cntrycode,
            customer.c_acctbal
           FROM parser_probe.customer
          WHERE ((SUBSTRING(customer.c_phone FROM 1 FOR 2) = ANY (ARRAY['13'::text, '31'::text])) AND (customer.c_acctbal > ( SELECT avg(customer_1.c_acctbal) AS avg
                   FROM parser_probe.customer customer_1
                  WHERE (customer_1.c_acctbal > 0.00))) AND (NOT (EXISTS ( SELECT orders.o_orderkey,
                    orders.o_custkey,
                    orders.o_orderstatus,
                    orders.o_totalprice,
                    orders.o_orderdate,
                    orders.o_orderpriority,
                    orders.o_clerk,
                    orders.o_shippriority,
                    orders.o_comment
                   FROM parser_probe.orders
                  WHERE (orders.o_custkey = customer.c_custkey)))))) custsale
  GROUP BY cntrycode
  ORDER BY cntrycode;
