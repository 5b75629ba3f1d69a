package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Sources without triggers, which are compared with a snapshot: materialized views and foreign
/// tables.
final class ComparedSourcesTest extends DatabaseTest {

    @Test
    void aMaterializedViewIsFollowedFromRefreshToRefresh() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, k int, v numeric)",
                "INSERT INTO t SELECT i, i % 5, i FROM generate_series(1, 200) i",
                "CREATE MATERIALIZED VIEW mv AS SELECT id, k, v FROM t",
                "CREATE UNIQUE INDEX ON mv (id)");
        String grouped = "SELECT k, count(*) AS n, sum(v) AS total FROM mv GROUP BY k";
        String joined = "SELECT mv.id, t.v FROM mv JOIN t ON t.id = mv.id + 1";
        create("g", grouped);
        create("j", joined);
        // The second reader added a column to the snapshot, so the first one recomputes once.
        assertThat(refresh("g")).isEqualTo(Action.FULL);
        assertFresh("g", grouped);
        database.execute("UPDATE t SET v = v + 1 WHERE id % 10 = 0", "DELETE FROM t WHERE id = 5");
        assertThat(refresh("g")).isEqualTo(Action.NO_DATA);
        assertThat(refresh("j")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("j", joined);
        String[] refreshes = {
            "REFRESH MATERIALIZED VIEW mv", "REFRESH MATERIALIZED VIEW CONCURRENTLY mv"
        };
        for (String statement : refreshes) {
            database.execute(
                    "UPDATE t SET v = v * 2, k = k + 1 WHERE id % 9 = 0",
                    "INSERT INTO t SELECT max(id) + 1, 7, 1.50 FROM t", statement);
            assertThat(refresh("g")).as(statement).isEqualTo(Action.DIFFERENTIAL);
            assertThat(refresh("j")).as(statement).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("g", grouped);
            assertFresh("j", joined);
            assertThat(refresh("g")).as(statement).isEqualTo(Action.NO_DATA);
            database.execute(statement);
            assertThat(refresh("g")).as(statement).isEqualTo(Action.NO_DATA);
        }
        database.execute("DELETE FROM t", "REFRESH MATERIALIZED VIEW CONCURRENTLY mv");
        refresh("g");
        refresh("j");
        assertFresh("g", grouped);
        assertFresh("j", joined);
    }

    @Test
    void aMaterializedViewWithTheSameRowsIsNotComparedAgain() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 20) i",
                "CREATE MATERIALIZED VIEW mv AS SELECT id, v FROM t",
                "CREATE UNIQUE INDEX ON mv (id)");
        create("s", "SELECT id, v FROM mv");
        refresh("s");
        // Only a comparison would see that the snapshot was tampered with.
        String snapshot =
                "pgtrickle_changes.snapshot_" + database.value("SELECT 'mv'::regclass::oid");
        database.execute("DELETE FROM " + snapshot + " WHERE c1 = 1");
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        database.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY mv");
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        // As many rows as before, one of them another.
        database.execute(
                "UPDATE t SET v = 100 WHERE id = 20",
                "REFRESH MATERIALIZED VIEW CONCURRENTLY mv",
                "INSERT INTO " + snapshot + " VALUES (1, 1)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT id, v FROM mv");
        database.execute(
                "DELETE FROM t WHERE id = 20", "REFRESH MATERIALIZED VIEW CONCURRENTLY mv");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT id, v FROM mv");
        database.execute("REFRESH MATERIALIZED VIEW mv WITH NO DATA");
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("has not been populated");
        database.execute("DELETE FROM t", "REFRESH MATERIALIZED VIEW mv");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("0");
    }

    @Test
    void duplicatesAndTypesWithoutEqualityAreComparedByImage() {
        database.execute(
                "CREATE TABLE t (j json, n numeric, p point, f float8)",
                "INSERT INTO t SELECT '{\"a\": 1}', 1.0, '(1,2)', 0 FROM generate_series(1, 3)",
                "INSERT INTO t VALUES (NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL)",
                "CREATE MATERIALIZED VIEW mv AS SELECT * FROM t");
        String query = "SELECT j, n, p, f FROM mv";
        create("s", query);
        database.execute(
                "DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE n = 1 LIMIT 1)",
                "UPDATE t SET n = 1.00 WHERE ctid = (SELECT min(ctid) FROM t WHERE n = 1)",
                "UPDATE t SET f = '-0' WHERE n::text = '1.0'",
                "INSERT INTO t VALUES ('{\"a\":1}', 1.0, '(1,2)', 0)",
                "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE n IS NULL)",
                "REFRESH MATERIALIZED VIEW mv");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query, List.of(1, 2, 3, 4));
        assertThat(database.query("SELECT j::text, n::text, f::text FROM s ORDER BY 1, 2, 3"))
                .isEqualTo(
                        database.query(
                                "SELECT j::text, n::text, f::text FROM mv ORDER BY 1, 2, 3"));
    }

    @Test
    void readersOfOtherColumnsShareOneSnapshot() {
        database.execute(
                "CREATE TABLE t (a int, b int, c int)",
                "INSERT INTO t SELECT i, i % 3, i % 7 FROM generate_series(1, 50) i",
                "CREATE MATERIALIZED VIEW mv AS SELECT * FROM t");
        create("x", "SELECT a, b FROM mv");
        database.execute("UPDATE t SET b = 9 WHERE a = 1", "REFRESH MATERIALIZED VIEW mv");
        create("y", "SELECT c, count(*) AS n FROM mv GROUP BY c");
        database.execute("UPDATE t SET b = 8, c = 8 WHERE a < 5", "REFRESH MATERIALIZED VIEW mv");
        refresh("x");
        assertThat(refresh("y")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("x", "SELECT a, b FROM mv");
        assertFresh("y", "SELECT c, count(*) AS n FROM mv GROUP BY c");
        database.execute("DELETE FROM t WHERE a = 50", "REFRESH MATERIALIZED VIEW mv");
        assertThat(refresh("x")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("y")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("x", "SELECT a, b FROM mv");
        assertFresh("y", "SELECT c, count(*) AS n FROM mv GROUP BY c");
        tables.drop("x", DropBehavior.RESTRICT);
        tables.drop("y", DropBehavior.RESTRICT);
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pg_class WHERE relname LIKE 'snapshot%' OR relname LIKE 'changes%'"))
                .isEqualTo("0");
    }

    /// The server itself, by way of a foreign data wrapper.
    private void connectToItself() {
        URI address = URI.create(database.url().substring("jdbc:".length()).split("\\?", 2)[0]);
        database.execute(
                "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '"
                        + address.getHost()
                        + "', port '"
                        + address.getPort()
                        + "', dbname '"
                        + database.name()
                        + "')",
                "CREATE USER MAPPING FOR CURRENT_USER SERVER self OPTIONS (user '"
                        + database.value("SELECT current_user")
                        + "', password_required 'false')");
    }

    @Test
    void aForeignTableIsFollowed() {
        connectToItself();
        database.execute(
                "CREATE TABLE remote (id int, k text, v int)",
                "INSERT INTO remote SELECT i, 'k' || i % 4, i FROM generate_series(1, 100) i",
                "CREATE FOREIGN TABLE f (key text OPTIONS (column_name 'k'), id int NOT NULL, v int)"
                        + " SERVER self OPTIONS (table_name 'remote')",
                "CREATE TABLE names (key text PRIMARY KEY, name text)",
                "INSERT INTO names VALUES ('k1', 'one'), ('k2', 'two')");
        String query =
                "SELECT f.key, n.name, count(*) AS n, sum(f.v) AS total FROM f LEFT JOIN names n ON n.key = f.key"
                        + " GROUP BY f.key, n.name";
        create("s", query);
        create("copy", "SELECT v, key FROM f");
        for (int round = 0; round < 3; round++) {
            database.execute(
                    "UPDATE remote SET v = v + 1 WHERE id % 8 = 0",
                    "DELETE FROM remote WHERE id % 17 = " + round,
                    "INSERT INTO f VALUES ('k1', 500, 5), ('k1', 500, 5), (NULL, 501, NULL)",
                    "UPDATE names SET name = name || '!'");
            assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
            assertThat(refresh("copy")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("s", query);
            assertFresh("copy", "SELECT v, key FROM f");
        }
        assertThat(refresh("copy")).isEqualTo(Action.NO_DATA);
    }

    @Test
    void aFileIsFollowed() throws IOException {
        Path file = Files.createTempFile("pgtrickle", ".csv");
        try {
            Files.writeString(file, "1,a\n2,b\n2,b\n");
            assertThat(file.toFile().setReadable(true, false)).isTrue();
            database.execute(
                    "CREATE EXTENSION file_fdw",
                    "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
                    "CREATE FOREIGN TABLE f (id int, t text) SERVER files OPTIONS (format 'csv', filename '"
                            + file
                            + "')");
            create("s", "SELECT t, count(*) AS n FROM f GROUP BY t");
            Files.writeString(file, "1,a\n2,b\n3,c\n3,c\n");
            assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("s", "SELECT t, count(*) AS n FROM f GROUP BY t");
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aPartitionedTableWithAForeignPartitionIsCompared() {
        connectToItself();
        database.execute(
                "CREATE TABLE root (id int, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE near PARTITION OF root FOR VALUES FROM (0) TO (100)",
                "INSERT INTO root SELECT i, i FROM generate_series(0, 99) i");
        create("s", "SELECT id, v FROM root");
        database.execute("UPDATE root SET v = 0 WHERE id = 3");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        database.execute(
                "CREATE TABLE remote (id int, v int)",
                "INSERT INTO remote VALUES (150, 1), (151, 2)",
                "CREATE FOREIGN TABLE far PARTITION OF root FOR VALUES FROM (100) TO (200) SERVER self"
                        + " OPTIONS (table_name 'remote')");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", "SELECT id, v FROM root");
        database.execute(
                "INSERT INTO root VALUES (160, 3), (50, 4)",
                "UPDATE near SET v = -1 WHERE id = 4",
                "UPDATE remote SET v = 7");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT id, v FROM root");
        database.execute("ALTER TABLE root DETACH PARTITION far");
        refresh("s");
        assertFresh("s", "SELECT id, v FROM root");
    }

    @Test
    void aMaterializedViewThatIsNotPopulatedIsAClearError() {
        database.execute(
                "CREATE TABLE t (v int)",
                "CREATE MATERIALIZED VIEW mv AS SELECT v FROM t WITH NO DATA");
        assertThatThrownBy(() -> create("s", "SELECT v FROM mv"))
                .hasMessageContaining("has not been populated");
    }
}
