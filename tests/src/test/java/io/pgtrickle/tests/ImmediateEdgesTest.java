package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/// The ways in which statements change more than the table that they name, or something else than
/// it seems.
final class ImmediateEdgesTest extends OrdersFollowingTest {
    @Test
    void cascadesOfForeignKeys() {
        database.execute(
                "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE",
                "CREATE TABLE notes (id int PRIMARY KEY, about int REFERENCES orders ON DELETE SET NULL,"
                        + " customer int DEFAULT 1 REFERENCES customers ON DELETE SET DEFAULT ON UPDATE CASCADE)",
                "INSERT INTO notes SELECT i, i, i % 10 + 1 FROM generate_series(1, 50) i");
        followAll();
        follow(
                "noted",
                "SELECT n.id, o.amount, c.region FROM notes n LEFT JOIN orders o ON o.id = n.about LEFT JOIN customers c ON"
                        + " c.id = n.customer");
        step(
                "DELETE FROM customers WHERE id = 2",
                "DELETE FROM customers WHERE id IN (3, 4, 5)",
                "UPDATE customers SET id = id + 100 WHERE id IN (6, 7)",
                "BEGIN",
                "DELETE FROM orders WHERE id < 30",
                "SAVEPOINT p",
                "DELETE FROM customers WHERE id > 1",
                "ROLLBACK TO p",
                "WITH c AS (DELETE FROM customers WHERE id = 8 RETURNING id) INSERT INTO customers SELECT id + 200, 'new' FROM c",
                "COMMIT",
                "TRUNCATE customers CASCADE");
    }

    @Test
    void deferredConstraints() {
        database.execute(
                "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers DEFERRABLE INITIALLY DEFERRED",
                """
                CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    UPDATE customers SET region = region || '+' WHERE id = NEW.customer; RETURN NULL; END $$\
                """,
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                        + " EXECUTE FUNCTION late()");
        followAll();
        try (Session session = database.session()) {
            step(
                    session,
                    "BEGIN",
                    "INSERT INTO orders VALUES (1000, 77, 1), (1001, 77, 2)",
                    "INSERT INTO customers VALUES (77, 'x')",
                    "INSERT INTO orders VALUES (1002, 77, 2)",
                    "COMMIT",
                    "BEGIN",
                    "DELETE FROM customers WHERE id = 77");
            assertThatThrownBy(() -> session.execute("COMMIT")).hasMessageContaining("foreign key");
            compare(session, "the refused commit");
            step(
                    session,
                    "BEGIN",
                    "INSERT INTO orders VALUES (1003, 1, 1)",
                    "SET CONSTRAINTS ALL IMMEDIATE",
                    "INSERT INTO orders VALUES (1004, 1, 1)",
                    "COMMIT");
        }
        assertThat(database.value("SELECT region FROM customers WHERE id = 1")).isEqualTo("r1++");
    }

    @Test
    void aSourceThatIsReadTwice() {
        follow(
                "pairs",
                "SELECT a.id, b.id AS other FROM orders a JOIN orders b ON a.id = b.customer");
        follow(
                "unioned",
                "SELECT id AS x FROM orders WHERE amount > 50 UNION ALL SELECT customer FROM orders WHERE amount < 60");
        follow(
                "above",
                "SELECT o.id FROM orders o WHERE o.amount > (SELECT avg(amount) FROM orders i WHERE i.customer = o.customer)");
        follow(
                "ranked",
                "SELECT id, rank() OVER (PARTITION BY customer ORDER BY amount) AS r FROM orders");
        step(
                "INSERT INTO orders VALUES (1000, 1000, 5)",
                "UPDATE orders SET customer = id % 7, amount = amount + 1",
                "UPDATE orders SET id = -id WHERE id < 20",
                "INSERT INTO orders SELECT id + 2000, customer, amount FROM orders",
                "DELETE FROM orders a USING orders b WHERE a.id = b.id + 2000 AND b.id % 2 = 0",
                "WITH a AS (INSERT INTO orders VALUES (5000, 3, 3) RETURNING id), b AS (DELETE FROM orders WHERE id = 50),"
                        + " c AS (INSERT INTO orders VALUES (5001, 4, 4)) UPDATE orders SET customer = 3 WHERE id = 51",
                "TRUNCATE orders",
                "INSERT INTO orders VALUES (1, 1, 1)");
    }

    /// One group that stays and is continued from its state has a statement of its own.
    @Test
    void groupsThatAreContinuedAndThoseThatAreNot() {
        database.execute(
                "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
                "CREATE TABLE readings (id int PRIMARY KEY, sensor text, n numeric, v positive)",
                "INSERT INTO readings SELECT i, chr(97 + i % 3), i, i FROM generate_series(1, 30) i");
        follow(
                "sums",
                "SELECT sensor, count(*) AS c, count(v) AS cv, sum(n) AS s, sum(v) AS sv FROM readings GROUP BY sensor");
        follow(
                "means",
                "SELECT avg(n) AS a, avg(v) AS av, var_samp(v) AS w, count(*) * 2 AS twice, upper(sensor) AS name FROM readings GROUP BY sensor");
        follow(
                "extremes",
                "SELECT sensor, v % 2 AS odd, min(v) AS low, max(n) AS high FROM readings WHERE n IS NOT NULL GROUP BY 1, 2");
        follow(
                "keyless",
                "SELECT count(*) AS c, sum(n) AS s, max(v) AS m, avg(n) AS a FROM readings");
        follow("kinds", "SELECT DISTINCT sensor, v FROM readings");
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pg_proc WHERE proname ~ '^apply_[0-9]+_1$' AND prosrc LIKE '%IF FOUND%'"))
                .isEqualTo("5");
        step(
                "INSERT INTO readings VALUES (100, 'a', 1.50, 7)",
                "INSERT INTO readings VALUES (101, 'new', 1, 1)",
                "INSERT INTO readings VALUES (102, NULL, 1, 1)",
                "INSERT INTO readings VALUES (103, NULL, NULL, NULL)",
                "INSERT INTO readings VALUES (104, 'a', 1, 1), (105, 'a', 2, 2)",
                "INSERT INTO readings VALUES (106, 'a', 1, 1), (107, 'b', 2, 2)",
                "INSERT INTO readings VALUES (113, 'a', 1, 1), (114, 'newer', 2, 2)",
                "UPDATE readings SET n = n + 0.125 WHERE id = 100",
                "UPDATE readings SET sensor = 'b' WHERE id = 100",
                "UPDATE readings SET id = 200 WHERE id = 100",
                "UPDATE readings SET v = 1000 WHERE id = 7",
                "DELETE FROM readings WHERE id = 7",
                "DELETE FROM readings WHERE id = 101",
                "INSERT INTO readings VALUES (108, 'c', 'NaN', 3)",
                "INSERT INTO readings VALUES (109, 'c', 5, 3)",
                "DELETE FROM readings WHERE id = 108",
                "INSERT INTO readings VALUES (110, 'c', 'Infinity', 3)",
                "UPDATE readings SET n = 1 WHERE id = 110",
                "BEGIN",
                "INSERT INTO readings VALUES (111, 'a', 1, 1)",
                "SAVEPOINT p",
                "INSERT INTO readings VALUES (112, 'a', 1, 1)",
                "ROLLBACK TO p",
                "DELETE FROM readings WHERE id = 111",
                "COMMIT",
                "INSERT INTO readings VALUES (112, 'a', 9, 9) ON CONFLICT (id) DO UPDATE SET n = 0",
                "INSERT INTO readings VALUES (112, 'a', 9, 9) ON CONFLICT (id) DO UPDATE SET n = 0, v = NULL",
                "DELETE FROM readings WHERE sensor = 'b'",
                "DELETE FROM readings",
                "INSERT INTO readings VALUES (1, 'a', 1, 1)");
    }

    private void trigger(String name, String when, String body) {
        database.execute(
                "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$"
                        .formatted(name, body),
                "CREATE TRIGGER %s %s EXECUTE FUNCTION %s()".formatted(name, when, name));
    }

    @Test
    void triggersThatWriteOtherSources() {
        trigger(
                "a_before_row",
                "BEFORE INSERT ON orders FOR EACH ROW",
                "INSERT INTO customers VALUES (NEW.customer, 'made') ON CONFLICT DO NOTHING; RETURN NEW;");
        trigger(
                "after_row",
                "AFTER DELETE ON orders FOR EACH ROW",
                "UPDATE customers SET region = region || '-' WHERE id = OLD.customer; RETURN NULL;");
        for (String name : List.of("a", "pgt_ivm_before", "z")) {
            trigger(
                    name + "_before",
                    "BEFORE UPDATE ON orders FOR EACH STATEMENT",
                    "UPDATE customers SET region = region || 'b' WHERE id = 1; RETURN NULL;");
        }
        for (String name :
                List.of("a", "pg_trickle_cdc_u", "pg_trickle_cdc_z", "pgt_ivm_after", "z")) {
            trigger(
                    name + "_after",
                    "AFTER UPDATE ON orders FOR EACH STATEMENT",
                    "UPDATE customers SET region = region || 'a' WHERE id = 2; DELETE FROM orders WHERE id = (SELECT max(id) FROM orders);"
                            + " RETURN NULL;");
        }
        trigger(
                "again",
                "AFTER INSERT ON orders FOR EACH ROW WHEN (pg_trigger_depth() < 2)",
                "INSERT INTO orders VALUES (NEW.id + 10000, NEW.customer, -NEW.amount); RETURN NULL;");
        followAll();
        step(
                "INSERT INTO orders VALUES (1000, 50, 5)",
                "INSERT INTO orders SELECT i, i, 1 FROM generate_series(2000, 2010) i",
                "DELETE FROM orders WHERE id IN (1, 2, 3, 1000)",
                "UPDATE orders SET amount = amount + 1 WHERE id < 20",
                "UPDATE orders SET amount = amount + 1 WHERE false",
                "INSERT INTO orders VALUES (5, 5, 5) ON CONFLICT (id) DO UPDATE SET amount = 99",
                "MERGE INTO orders o USING (VALUES (6), (7), (7000)) v(id) ON v.id = o.id WHEN MATCHED AND o.id = 6 THEN DELETE"
                        + " WHEN MATCHED THEN UPDATE SET amount = 0 WHEN NOT MATCHED THEN INSERT VALUES (v.id, 60, 1)",
                "TRUNCATE orders");
    }

    @Test
    void triggersThatChangeOrSuppressRows() {
        trigger(
                "change",
                "BEFORE INSERT OR UPDATE ON orders FOR EACH ROW",
                "IF NEW.amount = 13 THEN RETURN NULL; END IF; NEW.amount := NEW.amount * 2; RETURN NEW;");
        followAll();
        step(
                "INSERT INTO orders VALUES (1000, 1, 5), (1001, 1, 13)",
                "UPDATE orders SET amount = 13 WHERE id < 10",
                "UPDATE orders SET amount = 14 WHERE id < 10");
    }

    @Test
    void rulesAndViewsThatWrite() {
        database.execute(
                "CREATE RULE more AS ON INSERT TO orders DO ALSO UPDATE customers SET region = 'rule' WHERE id = NEW.customer",
                "CREATE RULE mark AS ON DELETE TO customers DO INSTEAD UPDATE customers SET region = 'gone' WHERE id = OLD.id",
                "CREATE VIEW cheap AS SELECT id, customer, amount FROM orders WHERE amount < 50 WITH CHECK OPTION",
                "CREATE VIEW cheap_in AS SELECT c.region, h.id FROM cheap h JOIN customers c ON c.id = h.customer");
        followAll();
        follow("viewed", "SELECT region, count(*) AS n FROM cheap_in GROUP BY region");
        step(
                "INSERT INTO orders VALUES (1000, 1, 5)",
                "DELETE FROM customers WHERE id = 3",
                "INSERT INTO cheap VALUES (1001, 2, 5)",
                "UPDATE cheap SET amount = amount + 1 WHERE id < 20",
                "DELETE FROM cheap WHERE id % 2 = 0");
    }

    @Test
    void functionsThatWriteAndCatch() {
        database.execute(
                """
                CREATE FUNCTION customer_of(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO customers VALUES (n, 'f') ON CONFLICT (id) DO UPDATE SET region = customers.region || 'f';
                    RETURN n; END $$\
                """,
                """
                CREATE FUNCTION twice(n int) RETURNS bigint LANGUAGE sql AS $$
                    UPDATE orders SET amount = amount + 1 WHERE customer = n;
                    WITH d AS (DELETE FROM customers WHERE id = n + 1 RETURNING id), i AS (INSERT INTO orders SELECT id + 500, id, 1 FROM d
                    RETURNING id) SELECT count(*) FROM i $$\
                """,
                """
                CREATE FUNCTION tries(n int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE failed int := 0; BEGIN
                    FOR i IN 1 .. n LOOP
                        BEGIN
                            INSERT INTO orders VALUES (3000 + i, i % 10, i);
                            UPDATE customers SET region = 'try' WHERE id = i % 10;
                            IF i % 3 = 0 THEN PERFORM 1 / (i % 3); END IF;
                            INSERT INTO orders SELECT 3000 + 100 * i + j, i % 10, 1 / (i % 2) FROM generate_series(1000, 1010) j;
                        EXCEPTION WHEN division_by_zero THEN failed := failed + 1;
                        END;
                    END LOOP;
                    RETURN failed; END $$\
                """,
                "CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1 .. 3 LOOP INSERT INTO orders VALUES (9000 + i, 1, 1);"
                        + " IF i = 2 THEN ROLLBACK; ELSE COMMIT; END IF; END LOOP; END $$");
        followAll();
        step(
                "INSERT INTO orders SELECT i, customer_of(i % 20), 1 FROM generate_series(1000, 1030) i",
                "UPDATE orders SET customer = customer_of(30) WHERE id < 5",
                "SELECT twice(4)",
                "SELECT twice(n) FROM generate_series(6, 8) n",
                "SELECT tries(10)",
                "BEGIN",
                "SELECT tries(10) FROM orders WHERE id = -1",
                "DELETE FROM orders WHERE id > 3000",
                "SELECT tries(10)",
                "COMMIT",
                "CALL commits()",
                "DO $$ BEGIN FOR i IN 1 .. 5 LOOP DELETE FROM orders WHERE id % 7 = i AND id < 9000; END LOOP; END $$");
        assertThat(database.value("SELECT count(*) FROM orders WHERE id > 9000")).isEqualTo("2");
    }

    @Test
    void aCaughtErrorOfTheMaintenanceLeavesNothing() {
        follow("shares", "SELECT id, 100 / amount AS share FROM orders");
        step(
                "BEGIN",
                """
                DO $$ BEGIN
                    INSERT INTO orders VALUES (1000, 1, 1);
                    BEGIN INSERT INTO orders VALUES (1001, 1, 0); EXCEPTION WHEN division_by_zero THEN NULL; END;
                    INSERT INTO orders VALUES (1002, 1, 2);
                END $$\
                """,
                "INSERT INTO orders VALUES (1003, 1, 3)",
                "COMMIT");
        assertThat(database.value("SELECT count(*) FROM orders WHERE id >= 1000")).isEqualTo("3");
    }

    @Test
    void copyAndCursors() throws Exception {
        followAll();
        try (Session session = database.session()) {
            PGConnection copying = session.connection().unwrap(PGConnection.class);
            session.execute("BEGIN");
            for (int rows : List.of(0, 1, 5, 3000)) {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < rows; i++) {
                    text.append(rows * 10000 + i).append(',').append(i % 20).append(",5\n");
                }
                copying.getCopyAPI()
                        .copyIn(
                                "COPY orders FROM STDIN (FORMAT csv)",
                                new StringReader(text.toString()));
                compare(session, "COPY of " + rows);
            }
            step(
                    session,
                    "DECLARE c CURSOR FOR SELECT * FROM orders ORDER BY id FOR UPDATE",
                    "MOVE 3 FROM c",
                    "FETCH NEXT FROM c",
                    "UPDATE orders SET customer = 9, amount = -1 WHERE CURRENT OF c",
                    "FETCH NEXT FROM c",
                    "DELETE FROM orders WHERE CURRENT OF c",
                    "COMMIT");
        }
    }

    @Test
    void truncatesOfSeveralTables() {
        database.execute("CREATE TABLE spare (id int)", "INSERT INTO spare VALUES (1)");
        followAll();
        follow("spared", "SELECT s.id, o.amount FROM spare s LEFT JOIN orders o USING (id)");
        step(
                "BEGIN",
                "TRUNCATE spare, customers, orders RESTART IDENTITY CASCADE",
                "INSERT INTO orders VALUES (1, 1, 1)",
                "INSERT INTO customers VALUES (1, 'x')",
                "TRUNCATE ONLY orders",
                "INSERT INTO spare VALUES (7)",
                "ROLLBACK",
                "DO $$ BEGIN INSERT INTO orders VALUES (500, 1, 1); TRUNCATE customers; INSERT INTO customers VALUES (1, 'y'); END $$",
                "TRUNCATE orders, customers");
    }

    @Test
    void replicasWrite() {
        followAll();
        step(
                "SET session_replication_role = replica",
                "INSERT INTO orders VALUES (1000, 1, 5)",
                "UPDATE customers SET region = 'x' WHERE id < 3",
                "TRUNCATE orders");
    }

    @Test
    void triggersOnStreamTables() {
        database.execute("CREATE TABLE log (customer int, total bigint)");
        follow("totals", TOTALS);
        follow("logged", "SELECT customer, count(*) AS n FROM log GROUP BY customer");
        follow(
                "named",
                "SELECT l.total, c.region FROM log l JOIN customers c ON c.id = l.customer");
        trigger(
                "notes_row",
                "AFTER INSERT OR UPDATE ON totals FOR EACH ROW",
                "INSERT INTO public.log VALUES (NEW.customer, NEW.total); RETURN NULL;");
        trigger(
                "notes_statement",
                "AFTER DELETE ON totals FOR EACH STATEMENT",
                "INSERT INTO public.log VALUES (0, 0); RETURN NULL;");
        step(
                "INSERT INTO orders VALUES (1000, 1, 5)",
                "BEGIN",
                "UPDATE orders SET customer = 2 WHERE id < 30",
                "DELETE FROM orders WHERE customer = 3",
                "ROLLBACK",
                "INSERT INTO orders SELECT i, i % 5, 1 FROM generate_series(2000, 2100) i");
        assertThat(database.value("SELECT count(*) > 3 FROM log")).isEqualTo("t");
    }

    @Test
    void aTriggerThatNeverComesToRest() {
        follow("totals", TOTALS);
        trigger(
                "endless",
                "AFTER INSERT OR UPDATE ON totals FOR EACH ROW",
                "UPDATE public.orders SET amount = amount + 1 WHERE customer = NEW.customer; RETURN NULL;");
        assertThatThrownBy(() -> database.execute("INSERT INTO orders VALUES (1000, 1, 5)"))
                .satisfiesAnyOf(
                        it -> assertThat(it).hasMessageContaining("do not come to rest"),
                        it -> assertThat(it).hasMessageContaining("stack depth limit exceeded"));
        step("SELECT 1");
    }
}
