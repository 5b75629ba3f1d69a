-- Random changes to all tables of docs/SQL_SUPPORT.md, determined by a seed.

CREATE SCHEMA pool;

CREATE FUNCTION pool.dice(seed text, what text, sides int) RETURNS int LANGUAGE sql
    RETURN (('x' || left(md5(seed || what), 7))::bit(28)::int) % sides;

-- The tables, with the columns that a change may set. The tree stays a tree, unique names stay unique.
CREATE VIEW pool.targets AS
    SELECT c.oid::regclass AS name, c.relname,
        array_agg(quote_ident(a.attname) ORDER BY a.attnum) AS columns,
        array_agg(quote_ident(a.attname) ORDER BY a.attnum)
            FILTER (WHERE NOT a.attnum = ANY (coalesce(i.keys, '{}')) AND NOT (c.relname = 'node' AND a.attname = 'parent')) AS free,
        min(quote_ident(a.attname)) FILTER (WHERE a.attname IN ('id', 'Key', 'order_id') AND a.attnum = ANY (i.keys)) AS key
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    LEFT JOIN (SELECT indrelid, array_agg(k) AS keys FROM pg_index, unnest(indkey::int2[]) AS k WHERE indisunique GROUP BY indrelid) AS i
        ON i.indrelid = c.oid
    WHERE c.relnamespace IN ('public'::regnamespace, 'archive'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_attribute AS h WHERE h.attrelid = c.oid AND h.attname = '__pgt_row_id')
    GROUP BY c.oid, c.relname;

DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT * FROM pool.targets LOOP
        EXECUTE format('CREATE TABLE pool.%I AS SELECT row_number() OVER () - 1 AS pool_number, * FROM %s%s',
            t.relname, CASE WHEN t.relname = 'sale' THEN '' ELSE 'ONLY ' END, t.name);
    END LOOP;
END $$;

CREATE PROCEDURE pool.mutate(seed text) LANGUAGE plpgsql AS $$
DECLARE t record; part text; chosen text[]; way int;
BEGIN
    FOR t IN SELECT * FROM pool.targets ORDER BY pool.dice(seed, relname, 1000) LOOP
        part := CASE WHEN t.relname = 'sale' THEN '' ELSE 'ONLY ' END;
        way := pool.dice(seed, 'way' || t.relname, 10);
        IF way <> 0 THEN
            EXECUTE format('DELETE FROM %s%s AS t WHERE pool.dice(%L, t.ctid::text || t.tableoid, %s) = 0',
                part, t.name, seed || 'delete', CASE WHEN way = 1 THEN 1 WHEN way < 4 THEN 2 ELSE 6 END);
        END IF;
        chosen := ARRAY(SELECT f FROM unnest(t.free) AS f WHERE pool.dice(seed, t.relname || f, 3) > 0);
        IF way < 9 AND cardinality(chosen) > 0 THEN
            EXECUTE format('UPDATE %s%s AS t SET %s FROM pool.%I AS p WHERE pool.dice(%L, t.ctid::text || t.tableoid, 4) = 0'
                ' AND p.pool_number = pool.dice(%L, t.ctid::text || t.tableoid, (SELECT count(*)::int FROM pool.%I))',
                part, t.name, (SELECT string_agg(c || ' = p.' || c, ', ') FROM unnest(chosen) AS c), t.relname,
                seed || 'update', seed || 'from', t.relname);
        END IF;
        EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM pool.%I AS p WHERE pool.dice(%L, p.pool_number::text, %s) = 0 ON CONFLICT DO NOTHING',
            t.name, array_to_string(t.columns, ', '), array_to_string(t.columns, ', '), t.relname, seed || 'insert',
            CASE WHEN way < 3 THEN 2 ELSE 5 END);
        IF t.key IS NOT NULL AND way % 2 = 0 THEN
            EXECUTE format('UPDATE %s SET %s = %2$s + (SELECT max(%2$s) - min(%2$s) + 1 FROM %1$s) WHERE %2$s < 1000 AND pool.dice(%3$L, %2$s::text, 8) = 0',
                t.name, t.key, seed || 'key');
        END IF;
    END LOOP;
    PERFORM write_rates(format('SELECT c, f FROM (VALUES (%L, 1.25), (%L, 1.5), (%L, 2), (NULL, NULL)) AS r (c, f) WHERE pool.dice(%L, f::text, 2) = 0 OR c IS NULL',
        'EUR', 'GBP', 'EUR', seed));
    REFRESH MATERIALIZED VIEW kind_stock;
END $$;
