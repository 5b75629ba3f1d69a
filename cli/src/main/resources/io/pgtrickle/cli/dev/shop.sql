CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    customer_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    country     text NOT NULL,
    email       text
);

CREATE TABLE shop.products (
    product_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    price      numeric(10, 2) NOT NULL
);

CREATE TABLE shop.orders (
    order_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id int NOT NULL REFERENCES shop.customers,
    status      text NOT NULL DEFAULT 'new',
    placed_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON shop.orders (customer_id);

CREATE TABLE shop.order_lines (
    order_id   bigint NOT NULL REFERENCES shop.orders ON DELETE CASCADE,
    line_no    int NOT NULL,
    product_id int NOT NULL REFERENCES shop.products,
    quantity   int NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE INDEX ON shop.order_lines (product_id);

INSERT INTO shop.customers (name, country, email)
SELECT 'Customer ' || n,
       (ARRAY['AT', 'BR', 'CA', 'DE', 'ES', 'FR', 'GB', 'IN', 'JP', 'KE', 'NZ', 'US'])[1 + n % 12],
       'customer' || n || '@example.com'
FROM generate_series(1, 2000) AS n;

INSERT INTO shop.products (name, price)
SELECT 'Product ' || n, 1 + (n * 37 % 9900) / 100.0
FROM generate_series(1, 500) AS n;

INSERT INTO shop.orders (customer_id, status, placed_at)
SELECT 1 + n * 7919 % 2000,
       (ARRAY['new', 'paid', 'shipped', 'shipped', 'shipped'])[1 + n % 5],
       now() - (20000 - n) * interval '1 minute'
FROM generate_series(1, 20000) AS n;

INSERT INTO shop.order_lines (order_id, line_no, product_id, quantity, unit_price)
SELECT o.order_id, line_no, p.product_id, 1 + (o.order_id + line_no) % 5, p.price
FROM shop.orders AS o
CROSS JOIN generate_series(1, 3) AS line_no
JOIN shop.products AS p ON p.product_id = 1 + (o.order_id * 31 + line_no * 17) % 500;

ANALYZE shop.customers, shop.products, shop.orders, shop.order_lines;
