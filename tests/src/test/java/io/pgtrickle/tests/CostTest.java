package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import org.junit.jupiter.api.Test;

/// What a refresh costs, in rows and pages rather than time.
final class CostTest extends DatabaseTest {

    @Test
    void theCostOfARefreshFollowsWhatIsPendingNotWhatIsKept() {
        database.execute(
                "CREATE TABLE t (k int, v int)",
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
        long before = blocksRead();
        RefreshOutcome one = tables.refresh("fast");
        long cost = blocksRead() - before;
        assertThat(one.action()).isEqualTo(Action.DIFFERENTIAL);
        assertThat(one.pendingRows()).isEqualTo(1);
        assertThat(one.rowsInserted() + one.rowsUpdated() + one.rowsDeleted()).isEqualTo(1);
        assertThat(cost)
                .as("pages of sources and buffers touched for one pending row")
                .isLessThan(300);
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
        database.execute("UPDATE l SET p = p + 1 WHERE o = 78");
        long before = blocksRead();
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(blocksRead() - before).as("pages touched").isLessThan(300);
        assertFresh("s", query);
    }

    /// Pages of tables and indexes of users that any session has touched.
    private long blocksRead() {
        try (Session session = database.session()) {
            session.execute("SET stats_fetch_consistency = none");
            long value = -1;
            long last;
            // Counters arrive when a session is idle or ends: wait until they stand still.
            do {
                last = value;
                session.execute("SELECT pg_stat_force_next_flush()");
                value =
                        Long.parseLong(
                                session.value(
                                        "SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0)"
                                                + " + coalesce(idx_blks_hit, 0))::bigint FROM pg_statio_user_tables"
                                                + " WHERE schemaname IN ('public', 'pgtrickle_changes')"));
            } while (value != last);
            return value;
        }
    }
}
