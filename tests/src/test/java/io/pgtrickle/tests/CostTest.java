package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.cost.RefreshCost;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a refresh costs, in rows and pages rather than time.
final class CostTest extends DatabaseTest {
    @Test
    void theCostOfARefreshFollowsWhatIsPendingNotWhatIsKept() {
        database.execute(
                "CREATE TABLE t (k int, v int) WITH (autovacuum_enabled = off)",
                "INSERT INTO t SELECT i % 100, i FROM generate_series(1, 1000) i");
        String fast = "SELECT k, sum(v) AS total FROM t GROUP BY k";
        create("fast", fast);
        // Reads nothing until the end, so that the buffer keeps everything.
        create("slow", "SELECT k, v FROM t");
        for (int i = 0; i < 500; i++) {
            database.execute("INSERT INTO t SELECT i % 100, i FROM generate_series(1, 200) i");
        }
        RefreshOutcome many = tables.refresh("fast");
        assertThat(many.action()).isEqualTo(Action.DIFFERENTIAL);
        assertThat(many.pendingRows()).isEqualTo(100_000);
        database.execute("INSERT INTO t VALUES (1, 1)");
        long cost = pages("fast");
        RefreshOutcome one = tables.refresh("fast");
        assertThat(one.action()).isEqualTo(Action.DIFFERENTIAL);
        assertThat(one.pendingRows()).isEqualTo(1);
        assertThat(one.rowsInserted() + one.rowsUpdated() + one.rowsDeleted()).isEqualTo(1);
        assertThat(cost).as("pages touched for one pending row").isLessThan(300);
        assertFresh("fast", fast);
        RefreshOutcome behind = tables.refresh("slow");
        assertThat(behind.pendingRows()).isEqualTo(100_001);
        assertFresh("slow", "SELECT k, v FROM t");
    }

    @Test
    void aThousandAppliedChangesDoNotWeighOnPendingOnes() {
        database.execute("CREATE TABLE t (k int, v int)");
        create("s", "SELECT k, count(*) AS n FROM t GROUP BY k");
        for (int i = 0; i < 10; i++) {
            database.execute("INSERT INTO t SELECT i % 10, i FROM generate_series(1, 100) i");
            refresh("s");
        }
        database.execute("INSERT INTO t SELECT i % 10, i FROM generate_series(1, 100000) i");
        RefreshOutcome outcome = tables.refresh("s");
        assertThat(outcome.action()).isEqualTo(Action.DIFFERENTIAL);
        assertThat(outcome.pendingRows()).isEqualTo(100_000);
        assertThat(outcome.rowsUpdated()).isEqualTo(10);
        assertFresh("s", "SELECT k, count(*) AS n FROM t GROUP BY k");
    }

    @Test
    void oneChangedRowOfALargeJoinTouchesFewPages() {
        database.execute(
                "CREATE TABLE o (id int PRIMARY KEY, c int)",
                "CREATE TABLE l (o int REFERENCES o, p numeric)",
                "CREATE INDEX ON l (o)",
                "INSERT INTO o SELECT i, i % 1000 FROM generate_series(1, 50000) i",
                "INSERT INTO l SELECT 1 + i % 50000, i FROM generate_series(1, 100000) i",
                "ANALYZE");
        String query =
                "SELECT o.c, count(*) AS n, sum(l.p) AS total FROM o JOIN l ON l.o = o.id GROUP BY o.c";
        create("s", query);
        database.execute("UPDATE l SET p = p + 1 WHERE o = 77");
        refresh("s");
        assertThat(cost("UPDATE l SET p = p + 1 WHERE o = 78", "s"))
                .as("pages touched")
                .isLessThan(300);
        assertFresh("s", query);
    }

    @Test
    void oneEdgeOfAForestCostsTheSameInAForestTenTimesAsLarge() {
        List<Long> small = costsInAForestOf(10_000);
        List<Long> large = costsInAForestOf(100_000);
        for (int i = 0; i < small.size(); i++) {
            assertThat(large.get(i))
                    .as("pages touched by change %s, %s in the small forest", i, small.get(i))
                    .isLessThan(2 * small.get(i) + 50)
                    .isLessThan(1_000);
        }
    }

    @Test
    void whatARecursionDoesNotReadDoesNotMoveIt() {
        database.execute(
                "CREATE TABLE node (id int PRIMARY KEY, parent int, label text)",
                "INSERT INTO node SELECT i, nullif(i / 2, 0), 'n' FROM generate_series(1, 20000) i",
                "CREATE INDEX ON node (parent)",
                "ANALYZE node");
        String tree =
                "WITH RECURSIVE tree AS (SELECT id FROM node WHERE parent IS NULL UNION ALL"
                        + " SELECT n.id FROM tree t JOIN node n ON n.parent = t.id) SELECT id FROM tree";
        create("tree", tree);
        create("labels", "SELECT id, label FROM node");
        assertThat(cost("UPDATE node SET label = 'x' WHERE id < 10", "tree")).isLessThan(100);
        assertFresh("tree", tree);
    }

    /// A function that is called for each row of a history of a hundred thousand takes minutes, in
    /// which nothing can be cleaned up.
    @Test
    void whatIsDoneRegularlyReadsASettingOnce() throws SQLException {
        database.execute("CREATE TABLE t (v int)");
        for (int i = 0; i < 5; i++) {
            create("s" + i, "SELECT v FROM t");
        }
        database.execute(
                "UPDATE pgtrickle.pgt_refresh_history SET start_time = now() - interval '1 year'",
                "INSERT INTO pgtrickle.pgt_refresh_history (pgt_id, data_timestamp, start_time, action, status)"
                        + " SELECT s.pgt_id, now(), now() - i * interval '1 hour', 'NO_DATA', 'COMPLETED'"
                        + " FROM pgtrickle.pgt_stream_tables s CROSS JOIN generate_series(3000, 1, -1) AS i",
                "INSERT INTO t SELECT generate_series(1, 100000)");
        try (Session session = database.session()) {
            session.execute("SET track_functions = 'all'");
            new Upkeep().cleanBuffers(JdbcSession.of(session.connection()));
            Lasting.all(JdbcSession.of(session.connection()));
            session.execute(
                    "SELECT * FROM pgtrickle.health_check()",
                    "SELECT * FROM pgtrickle.check_cdc_health()",
                    "SET stats_fetch_consistency = none",
                    "SELECT pg_stat_force_next_flush()");
            assertThat(
                            Long.parseLong(
                                    session.value(
                                            "SELECT max(calls) FROM pg_stat_user_functions WHERE funcname IN"
                                                    + " ('setting', 'setting_or_default')")))
                    .isBetween(1L, 20L);
            assertThat(session.value("SELECT count(*) FROM pgtrickle.pgt_refresh_history"))
                    .as("of 90 days")
                    .isEqualTo(Integer.toString(5 * (90 * 24 - 1)));
        }
    }

    private List<Long> costsInAForestOf(int edges) {
        String edge = "edge" + edges;
        String node = "node" + edges;
        // Trees of ten nodes each, every node below the one of half its number.
        String parents =
                "SELECT i AS id, CASE WHEN i % 10 > 0 THEN i - i % 10 + i % 10 / 2 END AS parent"
                        + " FROM generate_series(1, "
                        + edges
                        + ") AS i";
        database.execute(
                "CREATE TABLE " + node + " AS " + parents,
                "CREATE TABLE " + edge + " AS SELECT parent AS src, id AS dst FROM " + node,
                "DELETE FROM " + edge + " WHERE src IS NULL",
                "CREATE UNIQUE INDEX ON " + node + " (id)",
                "ALTER TABLE " + node + " ALTER id SET NOT NULL",
                "CREATE INDEX ON " + node + " (parent)",
                "CREATE INDEX ON " + edge + " (src)",
                "CREATE INDEX ON " + edge + " (dst)",
                "ANALYZE " + node,
                "ANALYZE " + edge);
        String paths =
                "WITH RECURSIVE path AS (SELECT src, dst FROM "
                        + edge
                        + " UNION SELECT p.src, e.dst FROM path p JOIN "
                        + edge
                        + " e ON e.src = p.dst) SELECT src, dst FROM path";
        String tree =
                "WITH RECURSIVE tree AS (SELECT id, parent, id::text AS path FROM "
                        + node
                        + " WHERE parent IS NULL UNION ALL SELECT n.id, n.parent, t.path || '/' || n.id FROM tree t JOIN "
                        + node
                        + " n ON n.parent = t.id) SELECT id, parent, path FROM tree";
        create("paths" + edges, paths);
        create("tree" + edges, tree);
        List<Long> costs = new ArrayList<>();
        for (String change :
                List.of(
                        "INSERT INTO " + edge + " VALUES (123, 455)",
                        "DELETE FROM " + edge + " WHERE src = 231",
                        "UPDATE " + edge + " SET src = 345 WHERE dst = 782")) {
            costs.add(cost(change, "paths" + edges));
        }
        for (String change :
                List.of(
                        "INSERT INTO " + node + " VALUES (0, 234)",
                        "DELETE FROM " + node + " WHERE id = 560",
                        "UPDATE " + node + " SET parent = 561 WHERE id = 782")) {
            costs.add(cost(change, "tree" + edges));
        }
        assertFresh("paths" + edges, paths);
        assertFresh("tree" + edges, tree);
        return costs;
    }

    /// Applies a change, and says what that costs.
    private long cost(String change, String name) {
        database.execute(change);
        long pages = pages(name);
        assertThat(refresh(name)).isEqualTo(Action.DIFFERENTIAL);
        return pages;
    }

    /// Pages that the next refresh will touch, by a trial.
    private long pages(String name) {
        try (Session session = database.session()) {
            return RefreshCost.of(session, name).pages();
        } catch (SQLException e) {
            throw new AssertionError(name, e);
        }
    }
}
