package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.script.Comparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Stream tables that are refreshed in one transaction at one snapshot.
final class AtomicGroupsTest extends DatabaseTest {
    private static final String SUMS = "SELECT k, sum(v) AS total FROM t GROUP BY k";
    private static final String COUNTS =
            "SELECT k, count(*) AS n, min(v) AS least FROM t GROUP BY k";
    private static final String BOTH =
            "SELECT k, total, n, least FROM sums FULL JOIN counts USING (k)";

    /// Every row of `t` is 7: a bottom that has seen half of a change has a total of another number
    /// of rows.
    private static final String HALVES = "SELECT count(*) FROM both_sides WHERE total <> 7 * n";

    private static final Duration LOAD = Duration.ofSeconds(3);

    private final RefreshEngine engine = new RefreshEngine();

    @BeforeEach
    void diamond() {
        database.execute(
                "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, k int, v int)",
                "INSERT INTO t (k, v) SELECT i % 5, 7 FROM generate_series(1, 50) i");
        create("sums", SUMS);
        create("counts", COUNTS);
        create("both_sides", BOTH);
    }

    private List<RefreshOutcome> refreshTogether(String... names) {
        List<Long> ids =
                List.of(names).stream()
                        .map(name ->
                                Long.valueOf(
                                        database.value(
                                                "SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '"
                                                        + name
                                                        + "'")))
                        .toList();
        try (Connection connection = database.dataSource().getConnection()) {
            return engine.refreshTogether(JdbcSession.of(connection), ids, "SCHEDULER");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Action> all() {
        return refreshTogether("sums", "counts", "both_sides").stream()
                .map(RefreshOutcome::action)
                .toList();
    }

    private void assertAllFresh() {
        assertFresh("sums", SUMS);
        assertFresh("counts", COUNTS);
        assertFresh("both_sides", BOTH);
    }

    @Test
    void changesGoThroughAllLevelsOnce() {
        for (String change :
                List.of(
                        "INSERT INTO t (k, v) VALUES (1, 2), (9, 9)",
                        "DELETE FROM t WHERE k = 2",
                        "UPDATE t SET k = k + 1, v = v * 2",
                        "UPDATE t SET v = v + 1 WHERE id % 3 = 0")) {
            database.execute(change);
            assertThat(all())
                    .containsExactly(Action.DIFFERENTIAL, Action.DIFFERENTIAL, Action.DIFFERENTIAL);
            assertAllFresh();
            assertThat(all()).containsOnly(Action.NO_DATA);
            assertThat(
                            database.query(
                                    "SELECT DISTINCT data_timestamp FROM pgtrickle.pgt_stream_tables"))
                    .hasSize(1);
        }
    }

    @Test
    void whatAGroupHasAppliedOfItsOwnIsNotAppliedAgainAlone() {
        database.execute("INSERT INTO t (k, v) VALUES (1, 7), (8, 7)");
        all();
        assertThat(database.query("SELECT pgt_id FROM pgtrickle.pending_changes()")).isEmpty();
        assertThat(refresh("both_sides")).isEqualTo(Action.NO_DATA);
        database.execute("INSERT INTO t (k, v) VALUES (1, 7)");
        refresh("sums");
        refresh("counts");
        refresh("both_sides");
        assertAllFresh();
    }

    @Test
    void aTruncationGoesThroughAllLevels() {
        database.execute("TRUNCATE t", "INSERT INTO t (k, v) VALUES (3, 7)");
        assertThat(all()).startsWith(Action.FULL, Action.FULL);
        assertAllFresh();
    }

    @Test
    void whenOneFailsNoneIsRefreshed() {
        String fails = "SELECT k, 1 / (n - 12) AS r FROM counts";
        create("fails", fails);
        database.execute("INSERT INTO t (k, v) VALUES (1, 7), (1, 7)");
        assertThatThrownBy(() -> refreshTogether("sums", "counts", "both_sides", "fails"))
                .hasMessageContaining("division by zero");
        assertThat(database.value("SELECT n FROM counts WHERE k = 1")).isEqualTo("10");
        assertThat(database.value("SELECT total FROM sums WHERE k = 1")).isEqualTo("70");
        assertThat(
                        database.query(
                                "SELECT pgt_name FROM pgtrickle.pgt_stream_tables WHERE consecutive_errors > 0"))
                .containsExactly(List.of("fails"));
        database.execute("INSERT INTO t (k, v) VALUES (1, 7)");
        assertThat(refreshTogether("sums", "counts", "both_sides", "fails"))
                .extracting(RefreshOutcome::action)
                .endsWith(Action.REINITIALIZE);
        assertAllFresh();
        assertFresh("fails", fails);
    }

    @Test
    void whileSomebodyElseRefreshesOneNoneIs() {
        database.execute("INSERT INTO t (k, v) VALUES (1, 7)");
        try (Session other = database.session()) {
            other.execute(
                    "BEGIN",
                    "SELECT FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'counts' FOR UPDATE");
            assertThat(all()).containsOnly(Action.SKIP);
            assertThat(database.value("SELECT total FROM sums WHERE k = 1")).isEqualTo("70");
            other.execute("ROLLBACK");
        }
        assertThat(all()).containsOnly(Action.DIFFERENTIAL);
        assertAllFresh();
    }

    @Test
    void aMemberWhoseSourceWasAlteredIsAdapted() {
        database.execute(
                "SET pg_trickle.block_source_ddl = off",
                "ALTER TABLE t ALTER v TYPE int USING v * 2",
                "INSERT INTO t (k, v) VALUES (1, 7)");
        all();
        assertAllFresh();
    }

    @Test
    void diamondsAndDeclaredGroupsAreFound() {
        create("lonely", "SELECT v FROM t WHERE k = 1");
        create("between", "SELECT k FROM sums WHERE total > 1");
        create("last", "SELECT k + 1 AS k FROM between");
        String groups =
                "SELECT array_agg(s.pgt_name ORDER BY s.pgt_name), g.slowest FROM pgtrickle._atomic_groups() g"
                        + " JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = ANY (g.members) GROUP BY g.members, g.slowest ORDER BY 1";
        assertThat(database.query(groups))
                .containsExactly(List.of("{both_sides,counts,sums}", "f"));
        database.execute(
                "INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids)"
                        + " VALUES ('mine', ARRAY['last', 'sums']::regclass[]::oid[])",
                "UPDATE pgtrickle.pgt_stream_tables SET diamond_schedule_policy = 'slowest' WHERE pgt_name = 'both_sides'");
        assertThat(database.query(groups))
                .containsExactly(
                        List.of("{between,last,sums}", "f"),
                        List.of("{both_sides,counts,sums}", "t"));
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET diamond_consistency = 'none' WHERE pgt_name = 'counts'");
        assertThat(database.query(groups)).containsExactly(List.of("{between,last,sums}", "f"));
    }

    /// Writers and a service at work, and a reader who looks all the time.
    @Test
    void aReaderOfTheBottomNeverSeesHalfOfAChange() throws SQLException, InterruptedException {
        assertThat(halvesSeenUnderLoad()).isZero();
    }

    @Test
    void withoutAtomicityHalvesAreSeen() throws SQLException, InterruptedException {
        database.execute("UPDATE pgtrickle.pgt_stream_tables SET diamond_consistency = 'none'");
        assertThat(halvesSeenUnderLoad()).isPositive();
    }

    private int halvesSeenUnderLoad() throws SQLException, InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer =
                Thread.ofVirtual()
                        .start(() -> {
                            try (Session session = database.session()) {
                                for (int i = 0; !stop.get(); i++) {
                                    session.execute(
                                            "INSERT INTO t (k, v) VALUES (%d, 7)".formatted(i % 5));
                                }
                            }
                        });
        int halves = 0;
        try (Service _ = Service.start(new Service.Config(database.url(), "", "", 2));
                Session reader = database.session()) {
            Instant end = Instant.now().plus(LOAD);
            while (Instant.now().isBefore(end)) {
                halves += reader.value(HALVES).equals("0") ? 0 : 1;
            }
            stop.set(true);
            writer.join();
            await("the service applies the rest", this::isFresh);
        } finally {
            stop.set(true);
        }
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pgtrickle.pgt_refresh_history WHERE initiated_by = 'SCHEDULER'"
                                        + " AND action = 'DIFFERENTIAL'"))
                .isNotEqualTo("0");
        return halves;
    }

    private boolean isFresh() {
        try (Connection connection = database.dataSource().getConnection()) {
            return Comparison.of(
                            connection,
                            "both_sides",
                            "SELECT s.k, s.total, c.n, c.least FROM (%s) s FULL JOIN (%s) c USING (k)"
                                    .formatted(SUMS, COUNTS),
                            List.of())
                    .difference(connection)
                    .isEmpty();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// What depends on nothing that a group has is not held up by it.
    @Test
    void aGroupThatFailsDoesNotHoldOthersUp() {
        create("lonely", "SELECT k, v FROM t WHERE v > 0");
        create("fails", "SELECT k, 1 / (n - 12) AS r FROM counts");
        String group = "ARRAY['counts', 'fails']::regclass[]::oid[]";
        database.execute(
                "INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids) VALUES ('g', "
                        + group
                        + ")",
                "INSERT INTO t (k, v) VALUES (1, 7), (1, 7)");
        try (Service _ = Service.start(new Service.Config(database.url(), "", "", 2))) {
            await(
                    "the lonely one follows",
                    () -> database.value("SELECT count(*) FROM lonely").equals("52"));
            await(
                    "the one that fails is suspended, and the others go on",
                    () -> database.value("SELECT n FROM counts WHERE k = 1").equals("12"));
        }
        assertThat(
                        database.query(
                                "SELECT pgt_name, status FROM pgtrickle.pgt_stream_tables WHERE status <> 'ACTIVE'"))
                .containsExactly(List.of("fails", "SUSPENDED"));
        assertThat(Set.of("counts", "lonely"))
                .allSatisfy(it ->
                        assertThat(
                                        database.value(
                                                "SELECT consecutive_errors FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '"
                                                        + it
                                                        + "'"))
                                .isEqualTo("0"));
        assertAllFresh();
    }
}
