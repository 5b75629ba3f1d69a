package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the triggers capture.
final class CaptureTest extends DatabaseTest {

    @Test
    void truncateEmptiesTheStreamTable() {
        database.execute(
                "CREATE TABLE t (k int, v int)", "INSERT INTO t VALUES (1, 1), (1, 2), (2, 3)");
        String query = "SELECT k, sum(v) AS total FROM t GROUP BY k";
        create("s", query);
        database.execute("TRUNCATE t");
        refresh("s");
        assertFresh("s", query);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("0");
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
    }

    @Test
    void rowsInsertedAfterTruncateInOneTransactionAreThere() {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)");
        create("s", "SELECT v FROM t");
        try (Session session = database.session()) {
            session.execute(
                    "BEGIN",
                    "INSERT INTO t VALUES (3)",
                    "TRUNCATE t",
                    "INSERT INTO t VALUES (4), (4)",
                    "COMMIT");
        }
        refresh("s");
        assertFresh("s", "SELECT v FROM t");
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("2");
    }

    @Test
    void truncateReachesAStreamTableOverAStreamTable() {
        database.execute("CREATE TABLE t (k int, v int)", "INSERT INTO t VALUES (1, 1), (2, 3)");
        create("s1", "SELECT k, sum(v) AS total FROM t GROUP BY k");
        create("s2", "SELECT count(*) AS groups FROM s1");
        database.execute("TRUNCATE t", "INSERT INTO t VALUES (7, 7)");
        refresh("s1");
        refresh("s2");
        assertFresh("s2", "SELECT count(*) AS groups FROM s1");
        assertThat(database.value("SELECT groups FROM s2")).isEqualTo("1");
    }

    @Test
    void duplicatesOfAKeylessTableAreCounted() {
        database.execute(
                "CREATE TABLE t (v text)",
                "INSERT INTO t VALUES ('a'), ('a'), ('a'), (NULL), (NULL)");
        create("s", "SELECT v FROM t");
        database.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE v = 'a')");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT v FROM t");
        database.execute(
                "INSERT INTO t VALUES ('a'), ('a'), (NULL)", "DELETE FROM t WHERE v IS NULL");
        refresh("s");
        assertFresh("s", "SELECT v FROM t");
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("4");
    }

    @Test
    void columnsNamedLikeOursAreOrdinaryColumns() {
        database.execute(
                "CREATE TABLE t (change_id int, xid text, weight int, c1 int, row_count int, truncated bool,"
                        + " removed int, added int, n int, o int, r int, batch int, number int)",
                "INSERT INTO t SELECT i, i, i, i, i, true, i, i, i, i, i, i, i FROM generate_series(1, 3) i");
        create("s", "SELECT * FROM t");
        create(
                "g",
                "SELECT weight AS xid, count(*) AS change_id, sum(c1) AS weight, max(number) AS number"
                        + " FROM t GROUP BY weight");
        database.execute(
                "UPDATE t SET weight = 2, xid = 'x', added = 9",
                "DELETE FROM t WHERE change_id = 3");
        refresh("s");
        refresh("g");
        assertFresh("s", "SELECT * FROM t");
        assertFresh(
                "g",
                "SELECT weight AS xid, count(*) AS change_id, sum(c1) AS weight, max(number) AS number"
                        + " FROM t GROUP BY weight");
    }

    @Test
    void anUpdateOfColumnsThatNobodyReadsAddsNoBufferRow() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, read int, unread text)",
                "INSERT INTO t SELECT i, i, 'x' FROM generate_series(1, 500) i");
        create("s", "SELECT sum(read) AS total FROM t");
        int before = bufferRows();
        database.execute(
                "UPDATE t SET unread = 'y'",
                "UPDATE t SET unread = 'z' WHERE id = 1",
                "UPDATE t SET read = read",
                "UPDATE t SET id = id + 1000");
        assertThat(bufferRows()).isEqualTo(before);
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        database.execute("UPDATE t SET read = 0 WHERE id = 1001");
        assertThat(bufferRows()).isGreaterThan(before);
        refresh("s");
        assertFresh("s", "SELECT sum(read) AS total FROM t");
    }

    @Test
    void equalValuesThatLookDifferentPropagate() {
        database.execute(
                "CREATE TABLE t (n numeric, f float8)", "INSERT INTO t VALUES (1.0, 0), (1.0, 0)");
        create("s", "SELECT n, f FROM t");
        database.execute("UPDATE t SET n = 1.00, f = '-0' WHERE ctid = (SELECT min(ctid) FROM t)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT n, f FROM t", List.of(1, 2));
        assertThat(database.query("SELECT n, f FROM s ORDER BY n::text"))
                .containsExactly(List.of("1.0", "0"), List.of("1.00", "-0"));
    }

    @Test
    void aSourceIsCapturedOnceForManyReadersAndUntilTheLastOneGoes() {
        database.execute("CREATE TABLE t (a int, b int)", "INSERT INTO t VALUES (1, 1)");
        create("s1", "SELECT a FROM t");
        database.execute("INSERT INTO t VALUES (2, 2)");
        create("s2", "SELECT b, count(*) AS n FROM t GROUP BY b");
        assertThat(database.value(TRIGGERS)).isEqualTo("4");
        database.execute("INSERT INTO t VALUES (3, 3)");
        refresh("s2");
        refresh("s1");
        assertFresh("s1", "SELECT a FROM t");
        assertFresh("s2", "SELECT b, count(*) AS n FROM t GROUP BY b");
        tables.drop("s1", io.pgtrickle.runtime.api.DropBehavior.RESTRICT);
        assertThat(database.value(TRIGGERS)).isEqualTo("4");
        tables.drop("s2", io.pgtrickle.runtime.api.DropBehavior.RESTRICT);
        assertThat(database.value(TRIGGERS)).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'changes%'"))
                .isEqualTo("0");
    }

    private static final String TRIGGERS =
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass AND NOT tgisinternal";

    @Test
    void aRoleWithoutRightsOnOurSchemasWritesToCapturedTables() {
        String role = "app_" + database.name();
        database.execute(
                "CREATE TABLE t (v json)", "CREATE ROLE " + role, "GRANT ALL ON t TO " + role);
        try {
            create("s", "SELECT v FROM t");
            try (Session session = database.session()) {
                session.execute(
                        "SET ROLE " + role,
                        "INSERT INTO t VALUES ('{}'), ('1')",
                        "UPDATE t SET v = '[]' WHERE v::text = '1'",
                        "DELETE FROM t WHERE v::text = '{}'",
                        "INSERT INTO t VALUES ('2')");
            }
            refresh("s");
            assertFresh("s", "SELECT v FROM t");
        } finally {
            database.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }

    @Test
    void writesOfASessionInReplicaRoleCount() {
        database.execute("CREATE TABLE t (v int)");
        create("s", "SELECT v FROM t");
        try (Session session = database.session()) {
            session.execute("SET session_replication_role = replica", "INSERT INTO t VALUES (1)");
        }
        refresh("s");
        assertFresh("s", "SELECT v FROM t");
    }

    @Test
    void mergeUpsertAndWritableCommonTablesAreCaptured() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)", "CREATE TABLE u (id int, v int)");
        String query = "SELECT t.id, t.v, u.v AS other FROM t LEFT JOIN u ON u.id = t.id";
        create("s", query);
        database.execute(
                "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
                "INSERT INTO t VALUES (1, 5), (4, 4) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v",
                "MERGE INTO t USING (VALUES (2, 20), (3, NULL), (7, 70)) AS x(id, v) ON t.id = x.id"
                        + " WHEN MATCHED AND x.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET v = x.v"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (x.id, x.v)",
                "WITH gone AS (DELETE FROM t WHERE id = 4 RETURNING id, v) INSERT INTO u SELECT * FROM gone",
                "INSERT INTO u VALUES (1, 100), (1, 101)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
    }
}
