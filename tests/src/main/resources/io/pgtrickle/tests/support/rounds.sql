-- What happens between refreshes to the tables of docs/SQL_SUPPORT.md. A line "-- round: title" begins a round, a line
-- "-- transaction" another transaction of it; "-- round (recomputes): title" is one after which readers may recompute.

-- round: rows come and change
INSERT INTO scratch VALUES (10, 5), (11, NULL);
UPDATE archive.entries SET entry = 'changed' WHERE id % 3 = 0;
INSERT INTO customer (id, name, region, nick, mood, home, tags, credit, since, vip) VALUES
    (25, 'name 3', 'west', 'Cy', 'happy', ROW('new street', 'Ulm', 1), '{red}', 99.50, '2025-02-03', true),
    (26, 'name 26', NULL, 'cy', NULL, NULL, NULL, NULL, NULL, NULL),
    (27, 'Name 1', 'north', 'BO', 'sad', ROW(NULL, NULL, NULL), '{}', 0, '2024-01-10', false);
UPDATE customer SET credit = credit + 1, vip = NOT vip WHERE id % 4 = 1;
UPDATE customer SET region = 'north', mood = 'happy', nick = upper(nick) WHERE id IN (6, 7);
INSERT INTO orders SELECT i, i % 28, timestamp '2024-03-01 10:00' + i * interval '1 hour', 'new', i, '{"via": "fax", "codes": [3]}' FROM generate_series(51, 58) AS i;
UPDATE orders SET total = total + 10, status = 'done' WHERE id % 7 = 0;
INSERT INTO product (id, name, kind, price, sizes, attrs, sold, weight) VALUES
    (17, 'Zitem', 'toy', 2.50, '{4,4}', '{"color": "red", "parts": [{"n": 9}]}', '[2024-02-01,2024-02-20)', 1.5),
    (18, 'zitem', 'new', 100.000, NULL, '[1, "a"]', NULL, NULL);
UPDATE product SET price = price * 2, attrs = attrs || '{"size": 5}', sizes = sizes || 7 WHERE id % 3 = 0;
INSERT INTO item SELECT i, 1, i % 20, 2, 7.50, 0.75 FROM generate_series(46, 55) AS i;
UPDATE item SET qty = qty + 1, price = price + 0.5 WHERE order_id % 5 = 1;
INSERT INTO booking VALUES (21, 1, '[1,30)', '{[2024-01-05,2024-02-01)}'), (22, NULL, 'empty', '{}'), (23, 5, NULL, NULL);
UPDATE booking SET during = int4range(2, 4) WHERE id % 6 = 1;
UPDATE setting SET value = value + 2;
INSERT INTO misc (id, bytes, span, net, code, moment, path) VALUES (13, '\x00', '1 month', '::1', 'c1', 'infinity', '$');
UPDATE misc SET span = span + interval '1 day', clock = NULL, code = 'x' WHERE id % 4 = 0;
INSERT INTO "Odd Table" VALUES (9, 1, 'nine'), (10, NULL, NULL);
UPDATE "Odd Table" SET "select" = "select" + 1 WHERE "Key" % 2 = 0;
INSERT INTO node VALUES (21, 20, 'n21', 9), (22, 21, 'n22', 1), (23, NULL, 'root', 0);
UPDATE node SET weight = weight + 1 WHERE id % 6 = 0;
INSERT INTO edge VALUES (5, 6, 1), (9, 9, 9), (1, 2, 1), (7, 8, 2);
UPDATE edge SET cost = cost + 1 WHERE src = 2;
INSERT INTO log VALUES
    ('2024-05-01 03:00', 'login', 3, '{"code": 0, "list": [1, "x"]}', '<r a="1"><v>3</v></r>'),
    ('2024-05-01 03:00', 'login', 3, '{"code": 0, "list": [1, "x"]}', '<r a="1"><v>3</v></r>'),
    (NULL, NULL, NULL, NULL, NULL), ('2024-05-03', 'boot', 100, '{"code": 7, "list": []}', '<r><v>8</v><v>9</v></r>');
UPDATE log SET val = val + 1 WHERE kind = 'error' AND val < 4;
INSERT INTO reading VALUES (1, '2024-06-05', 'NaN', 'NaN'), (2, '2024-06-05', '-Infinity', 'Infinity'), (2, '2024-06-05', 3, '-Infinity'), (7, '2024-06-05', -0.0, 0.000);
UPDATE reading SET v = v + 1, n = n + 0.001 WHERE sensor = 3;
INSERT INTO blocked VALUES (NULL, 'south'), (7, 'west');
INSERT INTO sale VALUES ('2024-02-02', 'north', 50), ('2025-07-01', 'north', 51), ('2030-01-01', 'east', 52), ('2025-07-02', NULL, 1);
UPDATE sale SET units = units + 1 WHERE region = 'south';
INSERT INTO vehicle VALUES (4, 3);
INSERT INTO truck VALUES (5, 8, 500);
SELECT write_rates($$VALUES ('EUR', 1.25), ('GBP', 1.75), ('USD', 1)$$);
REFRESH MATERIALIZED VIEW kind_stock;

-- round: keys change while their partners go
UPDATE scratch SET id = id + 10, v = v + 1 WHERE id % 2 = 0;
DELETE FROM archive.entries WHERE id = 3;
UPDATE customer SET id = id + 100 WHERE id % 5 = 0;
DELETE FROM customer WHERE id IN (2, 3, 9);
UPDATE customer SET name = upper(name), home = ROW('moved', 'Bonn', id)::address, tags = array_append(tags, 'gold') WHERE id % 6 = 1;
UPDATE orders SET customer_id = customer_id + 1 WHERE id % 3 = 0;
UPDATE orders SET customer_id = NULL WHERE id % 10 = 1;
UPDATE orders SET id = id + 1000 WHERE id % 11 = 0;
DELETE FROM orders WHERE id % 13 = 5;
DELETE FROM product WHERE id IN (4, 11);
UPDATE product SET id = 40 - id WHERE id BETWEEN 12 AND 15;
UPDATE product SET price = price::numeric(20,4), kind = NULL WHERE id = 1;
UPDATE item SET product_id = NULL WHERE order_id % 9 = 2;
UPDATE item SET line = line + 10, qty = qty - 1 WHERE order_id % 4 = 3;
DELETE FROM item WHERE product_id = 7;
UPDATE booking SET room = room % 3 + 1, id = id + 50 WHERE id % 4 = 1;
DELETE FROM booking WHERE id % 5 = 3;
UPDATE setting SET value = 1 WHERE name = 'top';
UPDATE misc SET id = id + 20, ident = NULL, spot = point(0, 0) WHERE id % 3 = 1;
DELETE FROM misc WHERE id = 2;
UPDATE "Odd Table" SET "Key" = "Key" + 20 WHERE "select" = 1;
DELETE FROM "Odd Table" WHERE "Key" = 3;
UPDATE node SET parent = 3 WHERE id = 5;
UPDATE node SET id = 50, label = 'fifty' WHERE id = 6;
DELETE FROM node WHERE id IN (2, 15);
DELETE FROM edge WHERE ctid IN (SELECT min(ctid) FROM edge WHERE src = 3 AND dst = 4);
DELETE FROM edge WHERE src = 3 AND dst = 1;
UPDATE edge SET src = 2, dst = 5 WHERE src = 6;
DELETE FROM log WHERE ctid IN (SELECT min(ctid) FROM log WHERE kind = 'login' GROUP BY val);
UPDATE log SET kind = NULL, payload = '{"code": 2, "list": [5]}' WHERE val = 8;
UPDATE log SET at = at + interval '1 day' WHERE val = 4;
DELETE FROM reading WHERE n = 'NaN' OR v = 'Infinity';
UPDATE reading SET sensor = sensor + 1 WHERE v = 1;
DELETE FROM blocked WHERE customer_id IS NULL;
UPDATE blocked SET customer_id = 12, region = 'north' WHERE customer_id = 5;
UPDATE sale SET day = day + 365 WHERE units = 3;
DELETE FROM sale WHERE units = 5;
UPDATE vehicle SET id = id + 1, wheels = wheels + 1 WHERE id = 2;
DELETE FROM truck WHERE load = 900;
SELECT write_rates($$VALUES ('EUR', 1.5), ('JPY', 0.01)$$);
REFRESH MATERIALIZED VIEW kind_stock;
-- transaction
UPDATE orders SET customer_id = customer_id + 100 WHERE customer_id % 5 = 0;
INSERT INTO item VALUES (5, 77, 1, 1, 1.00, NULL);
-- transaction
DELETE FROM item WHERE line = 77;

-- round: whole groups go and return
DELETE FROM scratch;
INSERT INTO archive.entries (id, entry) VALUES (20, 'late');
DELETE FROM customer WHERE region = 'north';
DELETE FROM customer WHERE id > 100;
DELETE FROM orders WHERE status = 'sent';
DELETE FROM item WHERE order_id > 30;
DELETE FROM product WHERE kind = 'tool';
DELETE FROM booking WHERE room = 2;
DELETE FROM setting WHERE name = 'threshold';
DELETE FROM misc WHERE id < 6;
DELETE FROM "Odd Table" WHERE "Key" < 5;
DELETE FROM node WHERE parent IS NULL;
DELETE FROM edge;
DELETE FROM log WHERE kind IS NULL OR kind = 'error';
DELETE FROM reading WHERE sensor IN (0, 1) OR sensor IS NULL;
DELETE FROM blocked;
DELETE FROM sale WHERE day < '2024-06-01' OR (region = 'north' AND units = 6);
DELETE FROM vehicle;
DELETE FROM product;
SELECT write_rates($$SELECT NULL::text, NULL::numeric WHERE false$$);
REFRESH MATERIALIZED VIEW kind_stock;
-- transaction
INSERT INTO customer SELECT i, 'name ' || i % 5, 'north', 'al', 'ok', NULL, '{gold}', 5, '2024-05-05', true FROM generate_series(200, 204) AS i;
UPDATE customer SET region = NULL, since = NULL WHERE region = 'south';
INSERT INTO orders SELECT i, 200 + i % 4, '2024-06-01', NULL, 12.5, '{"codes": []}' FROM generate_series(2000, 2006) AS i;
UPDATE item SET order_id = order_id + 1, line = line + 100 WHERE order_id = 6;
INSERT INTO product (id, name, kind, price, sizes, attrs, sold, weight)
    SELECT i, 'p' || i, 'toy', i, '{1,5}', '{"color": "red", "size": 1, "parts": [{"n": 4}]}', '[2024-01-05,2024-04-01)', 2 FROM generate_series(1, 6) AS i;
INSERT INTO setting VALUES ('threshold', 12);
INSERT INTO node VALUES (1, NULL, 'n1', 3), (100, 1, 'n100', 0);
INSERT INTO edge VALUES (1, 3, 2), (3, 4, 1), (4, 1, 1), (4, 10, 5);
INSERT INTO blocked VALUES (1, 'east'), (4, 'east');
INSERT INTO vehicle VALUES (9, 2);
INSERT INTO reading VALUES (1, '2024-06-01', 0.5, 1.5), (1, '2024-06-01', 0.5, 1.50);
INSERT INTO log VALUES ('2024-05-09', NULL, 1, '{"code": 1, "list": [2]}', '<r a="5"/>');

-- round (recomputes): tables are emptied at once, partitions come and go
CREATE OR REPLACE FUNCTION bonus(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 10 + 1';
UPDATE orders SET total = total + 1 WHERE id % 3 = 0;
TRUNCATE scratch, archive.entries;
INSERT INTO scratch VALUES (1, 3);
TRUNCATE item, product, log, edge, misc, blocked, "Odd Table", truck;
INSERT INTO item SELECT i, 1, i % 7, 1 + i % 3, 2.50, 0.5 FROM generate_series(1, 30) AS i;
INSERT INTO product (id, name, kind, price, sizes, attrs, sold, weight)
    SELECT i, 'q' || i, (ARRAY['tool', 'toy', NULL])[1 + i % 3], i, ARRAY[i, i + 1], jsonb_build_object('color', 'red', 'size', i, 'parts', '[]'::jsonb), daterange(NULL, date '2024-01-01' + i), i FROM generate_series(1, 9) AS i;
INSERT INTO log SELECT '2024-05-10', 'click', i % 3, '{"code": 1, "list": [0]}', '<r a="0"><v>1</v></r>' FROM generate_series(1, 9) AS i;
INSERT INTO edge VALUES (1, 2, 1), (2, 3, 1), (3, 4, 1);
INSERT INTO misc (id, bytes, ident, span, net, mask, clock, moment, spot, words, price, code, flags)
    SELECT i, '\x01', gen_random_uuid(), '1 hour', '10.1.1.1', '0101', '10:00', '2024-01-01', point(1, i), 'fox', 3, 'c', '101' FROM generate_series(1, 5) AS i;
INSERT INTO "Odd Table" VALUES (1, 1, 'one');
INSERT INTO truck VALUES (7, 10, 7);
ALTER TABLE sale DETACH PARTITION sale_2024;
CREATE TABLE sale_2026 (LIKE sale);
INSERT INTO sale_2026 VALUES ('2026-01-02', 'east', 77), ('2026-03-03', 'north', 3);
DELETE FROM sale_rest WHERE day BETWEEN '2026-01-01' AND '2026-12-31';
ALTER TABLE sale ATTACH PARTITION sale_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT write_rates($$VALUES ('EUR', 2)$$);
REFRESH MATERIALIZED VIEW kind_stock;

-- round: life goes on
INSERT INTO scratch VALUES (2, 9);
INSERT INTO archive.entries (id, entry) VALUES (1, 'again');
INSERT INTO customer SELECT i, 'late ' || i, 'west', 'z', 'sad', ROW('s', 'Ulm', 5)::address, '{new}', i, '2025-01-01', NULL FROM generate_series(300, 303) AS i;
UPDATE customer SET id = id + 1000 WHERE id < 10;
UPDATE orders SET total = 0.25 * id, customer_id = 300 WHERE id % 6 = 2;
DELETE FROM orders WHERE id % 4 = 1;
UPDATE item SET qty = 9, line = 2 WHERE order_id % 4 = 0;
DELETE FROM item WHERE order_id = 5;
UPDATE product SET price = price + 0.50, sizes = '{9}', attrs = '{"parts": [{"n": 5}, {"n": 6}]}' WHERE id % 2 = 0;
DELETE FROM product WHERE id = 3;
INSERT INTO booking SELECT i, 2, int4range(i - 60, i - 57), NULL FROM generate_series(61, 64) AS i;
UPDATE setting SET value = 2 WHERE name = 'top';
UPDATE misc SET bytes = '\xff', price = 4, span = '2 hours' WHERE id > 3;
UPDATE "Odd Table" SET "a ""b""" = 'changed';
INSERT INTO node VALUES (2, 1, 'n2', 2), (3, 100, 'n3', 1);
UPDATE edge SET cost = 5 WHERE src = 2;
INSERT INTO edge VALUES (4, 2, 1);
INSERT INTO log SELECT '2024-05-11', 'error', i, '{"code": 2, "list": [1, 2]}', '<r/>' FROM generate_series(1, 3) AS i;
UPDATE log SET val = NULL WHERE val = 2;
UPDATE reading SET v = v * 2, n = n * 2 WHERE sensor < 4;
INSERT INTO blocked VALUES (NULL, NULL), (300, 'west');
INSERT INTO sale VALUES ('2026-02-02', 'west', 8), ('2025-05-05', 'south', 2), ('2025-05-06', 'north', 2);
INSERT INTO sale_2025_north VALUES ('2025-08-08', 'north', 5);
UPDATE sale_2025 SET units = units + 10 WHERE day > '2025-08-01';
UPDATE vehicle SET wheels = 1 WHERE id = 9;
INSERT INTO truck VALUES (8, 12, 1);
SELECT write_rates($$VALUES ('EUR', 2), ('CHF', 1.125), ('CHF', 1.125)$$);
REFRESH MATERIALIZED VIEW kind_stock;
