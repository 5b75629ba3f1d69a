package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Single rows that are applied by the trigger that would capture them, because one grouping of
/// mode IMMEDIATE is all that reads them.
@Timeout(60)
final class ImmediateDirectTest extends FollowingTest {
    private static final String TOTALS =
            "SELECT sensor, count(*) AS n, sum(v) AS total FROM readings GROUP BY sensor";

    @BeforeEach
    void makeSource() {
        database.execute(
                "CREATE TABLE readings (id int PRIMARY KEY, sensor text, n numeric, v int, number int, few date)",
                "INSERT INTO readings SELECT i, chr(97 + i % 3), i, i, i, DATE '2026-01-01' + i % 3"
                        + " FROM generate_series(1, 30) i");
    }

    private boolean isDirect() {
        return database.value("SELECT direct FROM pgtrickle.captured_sources").equals("t");
    }

    private int captured() {
        String buffer =
                database.value("SELECT 'changes_' || buffer_name FROM pgtrickle.captured_sources");
        return Integer.parseInt(database.value("SELECT count(*) FROM pgtrickle_changes." + buffer));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                TOTALS,
                "SELECT avg(n) AS a, var_samp(v) AS w, count(*) * 2 AS twice, upper(sensor) AS name FROM readings GROUP BY sensor",
                "SELECT sensor, v % 2 AS odd, min(v) AS low, max(n) AS high FROM readings WHERE n IS NOT NULL GROUP BY 1, 2",
                "SELECT count(*) AS c, sum(n) AS s, max(v) AS m, avg(n) AS a FROM readings",
                "SELECT DISTINCT sensor, few::text FROM readings",
                "SELECT e AS part, sum(number) FILTER (WHERE v > 3) AS few FROM readings,"
                        + " unnest(ARRAY[sensor, 'all']) e GROUP BY e",
                "SELECT few, extract(month FROM few) AS m, count(n) AS c FROM readings GROUP BY few"
            })
    void followsEveryStatement(String query) {
        follow("s", query);
        assertThat(isDirect()).isTrue();
        database.execute(
                "CREATE FUNCTION gone(x int) RETURNS int LANGUAGE plpgsql AS"
                        + " 'BEGIN DELETE FROM readings WHERE id = x; RETURN x; END'");
        step(
                "INSERT INTO readings VALUES (100, 'a', 1.50, 7, 1, '2026-01-01')",
                "INSERT INTO readings VALUES (101, 'new', 1, 1, NULL, NULL)",
                "INSERT INTO readings VALUES (102, NULL, 1, 1, 1, '2026-01-01')",
                "INSERT INTO readings VALUES (103, NULL, NULL, NULL, NULL, NULL)",
                "INSERT INTO readings VALUES (104, 'a', 1, 1, 1, '2026-01-01'), (105, 'a', 2, 2, 2, '2026-01-02')",
                "UPDATE readings SET n = n + 0.125 WHERE id = 100",
                "UPDATE readings SET sensor = 'b' WHERE id = 100",
                "UPDATE readings SET id = 200 WHERE id = 100",
                "UPDATE readings SET v = 1000 WHERE id = 7",
                "UPDATE readings SET v = v WHERE id = 7",
                "DELETE FROM readings WHERE id = 7",
                "DELETE FROM readings WHERE id = 101",
                "INSERT INTO readings VALUES (108, 'c', 'NaN', 3, 3, '2026-01-01')",
                "INSERT INTO readings VALUES (109, 'c', 5, 3, 3, '2026-01-01')",
                "DELETE FROM readings WHERE id = 108",
                "UPDATE readings SET n = 1 WHERE id = 999",
                "INSERT INTO readings VALUES (109, 'a', 9, 9, 9, NULL) ON CONFLICT (id) DO NOTHING",
                "INSERT INTO readings VALUES (109, 'a', 9, 9, 9, NULL) ON CONFLICT (id) DO UPDATE SET sensor = 'b', v = 8",
                "MERGE INTO readings r USING (VALUES (109), (300)) x(id) ON r.id = x.id"
                        + " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (x.id, 'a', 'NaN', 1, 1, NULL)",
                "WITH a AS (DELETE FROM readings WHERE id = 300 RETURNING *) INSERT INTO readings"
                        + " SELECT 301, sensor, 2, 2, 2, few FROM a",
                "INSERT INTO readings VALUES (400, 'd', 1, 1, 1, NULL) RETURNING gone(400)",
                "INSERT INTO readings VALUES (401, 'a', 1, 1, 1, NULL) RETURNING gone(3)",
                "UPDATE readings SET v = gone(5) WHERE id = 6",
                "BEGIN",
                "INSERT INTO readings VALUES (111, 'a', 1, 1, 1, '2026-01-01')",
                "SAVEPOINT p",
                "INSERT INTO readings VALUES (112, 'a', 1, 1, 1, '2026-01-01')",
                "ROLLBACK TO p",
                "DELETE FROM readings WHERE id = 111",
                "INSERT INTO readings VALUES (113, 'a', 1, 1, 1, '2026-01-01')",
                "COMMIT",
                "DELETE FROM readings WHERE id % 5 = 1",
                "TRUNCATE readings",
                "INSERT INTO readings VALUES (1, 'a', 1, 1, 1, '2026-01-01')",
                "INSERT INTO readings VALUES (2, 'a', 2, 2, 2, '2026-01-01')");
    }

    @Test
    void whatTheQueryHasNoUseForIsNotCaptured() {
        follow("s", "SELECT sensor, sum(v) AS total FROM readings WHERE n > 10 GROUP BY sensor");
        step(
                "INSERT INTO readings VALUES (100, 'new', 1, 1, 1)",
                "UPDATE readings SET number = 7 WHERE id = 30",
                "UPDATE readings SET n = 5 WHERE id = 100",
                "DELETE FROM readings WHERE id = 100");
        assertThat(captured()).isZero();
        step("UPDATE readings SET n = 50 WHERE id = 3");
        assertThat(captured()).isZero();
    }

    @Test
    void groupsThatStayAreNotCaptured() {
        follow("s", TOTALS);
        step(
                "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)",
                "UPDATE readings SET v = 5 WHERE id = 100",
                "UPDATE readings SET n = 5 WHERE id = 100",
                "DELETE FROM readings WHERE id = 100");
        assertThat(captured()).isZero();
        step("INSERT INTO readings VALUES (100, 'new', 1, 1, 1)");
        assertThat(captured()).isEqualTo(1);
        step("UPDATE readings SET sensor = 'a' WHERE id = 100");
        assertThat(captured()).isEqualTo(2);
    }

    /// Long transactions, whose statements past the first ones do not catch errors.
    @Test
    void manyStatementsOfOneTransaction() {
        follow("s", TOTALS);
        try (Session session = database.session()) {
            session.execute("BEGIN");
            for (int i = 0; i < 40; i++) {
                step(
                        session,
                        "INSERT INTO readings VALUES (%d, '%s', 1, %d, 1)"
                                .formatted(100 + i, i % 10 == 9 ? "n" + i : "a", i));
            }
            step(session, "COMMIT");
        }
    }

    @Test
    void statementsWhoseBeginningIsNotNoted() {
        follow("s", TOTALS);
        String before =
                database.value(
                        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'readings'::regclass AND tgname LIKE 'pgt_ivm_before%'");
        step(
                "BEGIN",
                "INSERT INTO readings VALUES (99, 'newer', 1, 1, 1)",
                "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)",
                "ALTER TABLE readings DISABLE TRIGGER " + before,
                "INSERT INTO readings VALUES (101, 'a', 1, 1, 1)",
                "INSERT INTO readings VALUES (102, 'new', 1, 1, 1)",
                "DELETE FROM readings WHERE sensor = 'a'",
                "ALTER TABLE readings ENABLE ALWAYS TRIGGER " + before,
                "INSERT INTO readings VALUES (103, 'a', 1, 1, 1)",
                "COMMIT");
    }

    @Test
    void triggersOnEitherTable() {
        follow("s", TOTALS);
        database.execute(
                "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF pg_trigger_depth() < 2 THEN"
                        + " INSERT INTO public.readings SELECT max(id) + 1, 'b', 1, 10, 1 FROM public.readings; END IF; RETURN NULL; END $$",
                "CREATE FUNCTION less() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " DELETE FROM public.readings WHERE sensor = 'c' AND id = (SELECT min(id) FROM public.readings WHERE sensor = 'c')"
                        + " AND (SELECT count(*) FROM public.readings WHERE sensor = 'c') > 2; RETURN NULL; END $$",
                "CREATE TRIGGER more AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION more()");
        step("INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
        database.execute(
                "DROP TRIGGER more ON readings",
                "CREATE TRIGGER less AFTER UPDATE ON s FOR EACH ROW EXECUTE FUNCTION less()");
        step(
                "INSERT INTO readings VALUES (200, 'a', 1, 1, 1)",
                "DELETE FROM readings WHERE id = 200");
        assertThat(database.value("SELECT n FROM s WHERE sensor = 'c'")).isEqualTo("2");
    }

    /// What a session knows of its statements is not taken back with them.
    @Test
    void statementsThatAreTakenBack() {
        follow("s", TOTALS);
        database.execute(
                "CREATE FUNCTION undone(x int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO readings"
                        + " VALUES (x, 'a', 1, 1, 1); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN RETURN x; END $$");
        try (Session session = database.session()) {
            step(
                    session,
                    "BEGIN",
                    "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)",
                    "SAVEPOINT p",
                    "INSERT INTO readings VALUES (101, 'a', 1, 1, 1)",
                    "ROLLBACK TO p",
                    "INSERT INTO readings VALUES (102, 'a', 1, 1, 1)",
                    "ROLLBACK TO p",
                    "INSERT INTO readings VALUES (103, 'new', 1, 1, 1)",
                    "SAVEPOINT q",
                    "INSERT INTO readings VALUES (104, 'new', 1, 1, 1)",
                    "INSERT INTO readings VALUES (105, 'a', 1, 1, 1), (106, 'b', 1, 1, 1)",
                    "ROLLBACK TO q",
                    "DELETE FROM readings WHERE id = 103",
                    "SELECT undone(107)",
                    "INSERT INTO readings VALUES (108, 'newer', 1, 1, 1)",
                    "INSERT INTO readings VALUES (undone(109), 'a', 1, 1, 1)",
                    "INSERT INTO readings VALUES (110, 'b', 1, undone(111), 1)",
                    "SAVEPOINT r");
            assertThatThrownBy(
                            () -> session.execute("INSERT INTO readings VALUES (1, 'a', 1, 1, 1)"))
                    .hasMessageContaining("duplicate key");
            step(
                    session,
                    "ROLLBACK TO r",
                    "INSERT INTO readings VALUES (112, 'newest', 1, 1, 1)",
                    "UPDATE readings SET v = 2 WHERE id = 112",
                    "COMMIT",
                    "INSERT INTO readings VALUES (113, 'a', 1, 1, 1)");
        }
    }

    /// Between the capture and the end of a statement.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO readings SELECT max(id) + 1, 'b', 1, 1, 1 FROM readings;",
                "INSERT INTO readings SELECT max(id) + 1, 'n' || max(id), 1, 1, 1 FROM readings;",
                "BEGIN INSERT INTO readings SELECT max(id) + 1, 'b', 1, 1, 1 FROM readings;"
                        + " RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END;",
                "BEGIN INSERT INTO readings VALUES (500, 'x', 1, 1, 1); RAISE division_by_zero;"
                        + " EXCEPTION WHEN division_by_zero THEN NULL; END;"
                        + " INSERT INTO readings SELECT max(id) + 1, 'c', 1, 1, 1 FROM readings;"
            })
    void triggersAfterTheCapture(String more) {
        follow("s", TOTALS);
        database.execute(
                "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF pg_trigger_depth() < 2 THEN "
                        + more
                        + " END IF; RETURN NULL; END $$",
                "CREATE TRIGGER pg_z AFTER INSERT OR UPDATE ON readings EXECUTE FUNCTION more()");
        step(
                "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)",
                "BEGIN",
                "INSERT INTO readings VALUES (200, 'a', 1, 1, 1)",
                "UPDATE readings SET v = 1000 WHERE id = 7",
                "SAVEPOINT p",
                "INSERT INTO readings VALUES (300, 'new', 1, 1, 1)",
                "ROLLBACK TO p",
                "INSERT INTO readings VALUES (301, 'new', 1, 1, 1)",
                "MERGE INTO readings r USING (VALUES (301), (400)) x(id) ON r.id = x.id"
                        + " WHEN MATCHED THEN UPDATE SET v = 9 WHEN NOT MATCHED THEN INSERT VALUES (x.id, 'a', 1, 1, 1)",
                "COMMIT");
    }

    /// What applies single rows is planned when a session's first statement writes many.
    @Test
    void manyRowsAtFirst() {
        follow("s", "SELECT number, count(*) AS n FROM readings GROUP BY number");
        step("INSERT INTO readings SELECT i, 'a', 1, 1, i FROM generate_series(100, 20000) i");
        tables.refresh("s");
        database.execute("ANALYZE s");
        try (Session session = database.session()) {
            session.execute(
                    "INSERT INTO readings SELECT i, 'a', 1, 1, i FROM generate_series(20001, 40000) i",
                    "UPDATE readings SET number = number + 1 WHERE id > 20000",
                    "DELETE FROM readings WHERE id > 30000",
                    "BEGIN",
                    "INSERT INTO readings VALUES (50001, 'a', 1, 1, 500)",
                    "UPDATE readings SET number = 501 WHERE number = 500 AND id = 500",
                    "DELETE FROM readings WHERE id = 600");
            assertThat(
                            session.value(
                                    "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_xact_user_tables WHERE relname = 's'"))
                    .isEqualTo("0");
            step(session, "COMMIT");
        }
    }

    @Test
    void nobodyElseWritesTheStreamTable() {
        follow("s", TOTALS);
        try (Session session = database.session()) {
            session.execute("SET pg_trickle.refreshing = 'at once'");
            assertThatThrownBy(() -> session.execute("UPDATE s SET n = 7"))
                    .hasMessageContaining("permit");
            session.execute("BEGIN", "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
            assertThatThrownBy(() -> session.execute("UPDATE s SET n = 7"))
                    .hasMessageContaining("cannot update stream table");
            session.execute("ROLLBACK");
            assertThatThrownBy(() -> session.execute("DELETE FROM s"))
                    .hasMessageContaining("cannot delete from stream table");
        }
    }

    @Test
    void anErrorNamesTheStreamTable() {
        follow("s", "SELECT sensor, sum(100 / v) AS total FROM readings GROUP BY sensor");
        assertThat(isDirect()).isTrue();
        assertThatThrownBy(
                        () -> database.execute("INSERT INTO readings VALUES (100, 'a', 1, 0, 1)"))
                .hasMessageContaining("stream table public.s cannot follow this statement")
                .hasMessageContaining("division by zero");
        step("INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
    }

    @Test
    void whatWritersHaveSetMeansNothing() {
        follow(
                "s",
                "SELECT ((few - DATE '2026-01-01') * INTERVAL '36 hours')::text AS day, count(*) AS n"
                        + " FROM readings GROUP BY 1");
        assertThat(isDirect()).isTrue();
        try (Session session = database.session()) {
            session.execute(
                    "SET IntervalStyle = 'iso_8601'",
                    "INSERT INTO readings VALUES (100, 'a', 1, 1, 1, '2026-01-03')");
        }
        step("SELECT 1");
    }

    @Test
    void anotherReaderHasEverythingCaptured() {
        follow("s", TOTALS);
        String all = "SELECT sensor, v FROM readings";
        CompletableFuture<Void> creation;
        try (Session open = database.session()) {
            open.execute("BEGIN", "INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
            creation = CompletableFuture.runAsync(() -> create("d", all));
            do {
                open.value("SELECT pg_sleep(0.05)");
            } while (!database.value("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
                    .equals("t"));
            open.execute("INSERT INTO readings VALUES (101, 'a', 1, 1, 1)", "COMMIT");
        }
        creation.join();
        assertThat(isDirect()).isFalse();
        step("INSERT INTO readings VALUES (102, 'a', 1, 1, 1)");
        refresh("d");
        assertFresh("d", all);
        tables.alter("d", Alteration.none().withMode(RefreshMode.IMMEDIATE));
        step("INSERT INTO readings VALUES (103, 'a', 1, 1, 1)");
        assertFresh("d", all);
        tables.drop("d", DropBehavior.RESTRICT);
        step("INSERT INTO readings VALUES (104, 'a', 1, 1, 1)");
    }

    @Test
    void otherModesAndReadersOfTheStreamTable() {
        follow("s", TOTALS);
        tables.alter("s", Alteration.none().withMode(RefreshMode.DIFFERENTIAL));
        assertThat(isDirect()).isFalse();
        database.execute("INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
        refresh("s");
        step("SELECT 1");
        tables.alter("s", Alteration.none().withMode(RefreshMode.IMMEDIATE));
        assertThat(isDirect()).isTrue();
        step("INSERT INTO readings VALUES (101, 'a', 1, 1, 1)");
        String over = "SELECT max(total) AS best FROM s";
        create("over", over);
        assertThat(isDirect()).isFalse();
        step("INSERT INTO readings VALUES (102, 'a', 1, 1000, 1)");
        refresh("over");
        assertFresh("over", over);
    }

    @Test
    void suspendedOnesAreLeftAlone() {
        follow("s", TOTALS);
        String before = database.value("SELECT sum(n) FROM s");
        tables.alter("s", Alteration.none().withStatus("SUSPENDED"));
        database.execute("INSERT INTO readings VALUES (100, 'a', 1, 1, 1)");
        assertThat(database.value("SELECT sum(n) FROM s")).isEqualTo(before);
        tables.refresh("s");
        step("INSERT INTO readings VALUES (101, 'a', 1, 1, 1)");
        database.execute("DROP TABLE s", "INSERT INTO readings VALUES (102, 'a', 1, 1, 1)");
    }

    /// What others change in the group that is continued is waited for.
    @ParameterizedTest
    @ValueSource(
            strings = {
                TOTALS,
                "SELECT upper(sensor) AS name, avg(n) AS mean, max(v) AS largest FROM readings GROUP BY sensor",
                "SELECT count(*) AS n, sum(v) AS total FROM readings"
            })
    void writersOfOneGroup(String query) {
        follow("s", query);
        for (String others :
                List.of(
                        "INSERT INTO readings VALUES (%d, 'a', 1, 1, 1)",
                        "INSERT INTO readings SELECT i, 'a', 1, 1, 1 FROM generate_series(%1$d, %1$d + 30) i",
                        "DELETE FROM readings WHERE sensor = 'a' AND %d > 0",
                        "INSERT INTO readings VALUES (%d, 'a', 1, 1, 1)",
                        "UPDATE readings SET sensor = 'b' WHERE sensor = 'a' AND %d > 0")) {
            int id = Integer.parseInt(database.value("SELECT max(id) + 1 FROM readings"));
            try (Session first = database.session();
                    Session second = database.session()) {
                first.execute("BEGIN", others.formatted(id));
                CompletableFuture<Void> write =
                        CompletableFuture.runAsync(() ->
                                second.execute(
                                        "INSERT INTO readings VALUES (%d, 'a', 1, 1, 1)"
                                                .formatted(id + 20_000)));
                do {
                    first.value("SELECT pg_sleep(0.02)");
                } while (!database.value("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
                        .equals("t"));
                first.execute("COMMIT");
                write.join();
                compare(first, others);
            }
        }
    }
}
