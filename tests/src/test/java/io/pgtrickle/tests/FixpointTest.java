package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Refreshes of stream tables that read each other.
final class FixpointTest extends CycleDatabaseTest {
    @Test
    void newRowsAreFollowedByTheWorkTheyMake() {
        cycle();
        database.execute("INSERT INTO edges VALUES (4, 5)");
        assertThat(refresh("even")).isEqualTo(Action.DIFFERENTIAL);
        assertPaths();
        assertThat(refresh("odd")).isEqualTo(Action.NO_DATA);
        assertThat(
                        database.query(
                                "SELECT action, fixpoint_iteration > 1, count(*) FROM pgtrickle.pgt_refresh_history h"
                                        + " WHERE fixpoint_iteration IS NOT NULL AND action = 'DIFFERENTIAL' GROUP BY 1, 2"))
                .containsExactly(List.of("DIFFERENTIAL", "t", "2"));
    }

    @Test
    void rowsThatOnlyHoldEachOtherGo() {
        cycle();
        database.execute("DELETE FROM edges WHERE src = 3 AND dst = 1");
        refresh("odd");
        assertPaths();
        database.execute(
                "UPDATE edges SET dst = 1 WHERE src = 5", "INSERT INTO edges VALUES (3, 5)");
        refresh("even");
        assertPaths();
        database.execute("TRUNCATE edges", "INSERT INTO edges VALUES (7, 7)");
        refresh("even");
        assertPaths();
    }

    /// Only a lost derivation makes the members be derived anew.
    @Test
    void rowsThatLeaveWithoutATraceAreNoLoss() {
        database.execute("ALTER TABLE edges ADD COLUMN note int");
        String notes = "SELECT note, count(*) AS n FROM edges GROUP BY note";
        create("odd", "SELECT src, dst FROM edges WHERE src < 100");
        create("even", "SELECT o.src, e.dst FROM odd o JOIN edges e ON e.src = o.dst");
        create("notes", notes);
        tables.alter(
                "odd",
                Alteration.none()
                        .withQuery(
                                "SELECT src, dst FROM edges WHERE src < 100 UNION SELECT v.src, e.dst FROM even v JOIN edges e ON e.src = v.dst"));
        database.execute(
                "UPDATE edges SET note = src", "INSERT INTO edges VALUES (4, 5), (200, 201)");
        assertThat(refresh("odd")).isEqualTo(Action.DIFFERENTIAL);
        database.execute("DELETE FROM edges WHERE src = 200");
        refresh("odd");
        assertPaths();
        assertThat(actions()).containsOnly("DIFFERENTIAL");
        database.execute("DELETE FROM edges WHERE src = 4", "INSERT INTO edges VALUES (4, 5)");
        assertThat(refresh("odd")).isEqualTo(Action.FULL);
        assertPaths();
        assertThat(
                        database.query(
                                "SELECT count(*), sum(rows_inserted + rows_deleted) FROM pgtrickle.pgt_refresh_history"
                                        + " WHERE was_full_fallback AND data_timestamp = (SELECT max(data_timestamp)"
                                        + " FROM pgtrickle.pgt_refresh_history)"))
                .containsExactly(List.of("2", "0"));
        refresh("notes");
        assertFresh("notes", notes);
    }

    /// The actions of the refreshes of cycles that had data, the first ones left out.
    private List<String> actions() {
        return database
                .query(
                        "SELECT action FROM pgtrickle.pgt_refresh_history WHERE fixpoint_iteration IS NOT NULL AND action <> 'REINITIALIZE'"
                                + " AND NOT was_full_fallback")
                .stream()
                .map(List::getFirst)
                .toList();
    }

    /// A derivation that is lost, and one that only seems to replace it: it comes from the row
    /// itself.
    @Test
    void aLossIsSeenBehindAGain() {
        database.execute(
                "TRUNCATE edges",
                "CREATE TABLE base (node int)",
                "INSERT INTO base VALUES (1)",
                "INSERT INTO edges VALUES (1, 2)");
        create("even", "SELECT node FROM base");
        create("odd", "SELECT e.dst AS node FROM even v JOIN edges e ON e.src = v.node");
        tables.alter(
                "even",
                Alteration.none().withQuery("SELECT node FROM base UNION SELECT node FROM odd"));
        database.execute("BEGIN; DELETE FROM base; INSERT INTO edges VALUES (2, 1); COMMIT");
        refresh("even");
        assertThat(database.query("SELECT node FROM even UNION ALL SELECT node FROM odd"))
                .isEmpty();
    }

    @Test
    void randomChangesEndInTheLeastFixpoint() {
        cycle();
        long seed = Long.getLong("cycles.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int i = 0; i < 25; i++) {
            database.execute(change(random));
            refresh(random.nextBoolean() ? "odd" : "even");
            try {
                assertPaths();
            } catch (AssertionError e) {
                throw new AssertionError("-Dcycles.seed=" + seed + ", step " + i, e);
            }
        }
    }

    /// Who reads a member from outside has no more to do than rows have changed.
    @Test
    void readersOutsideGetTheNetChange() {
        cycle();
        String ends = "SELECT dst, count(*) AS n FROM odd GROUP BY dst";
        create("ends", ends);
        database.execute("DELETE FROM edges WHERE src = 3 AND dst = 4");
        refresh("odd");
        assertThat(
                        database.query(
                                "SELECT sum(row_count), count(*) FILTER (WHERE added IS NOT NULL) FROM pgtrickle_changes.changes_pgt_1"
                                        + " WHERE xid = (SELECT max(xid::text::bigint)::text::xid8 FROM pgtrickle_changes.changes_pgt_1)"))
                .containsExactly(List.of("3", "0"));
        assertThat(refresh("ends")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("ends", ends);
        database.execute("INSERT INTO edges VALUES (4, 6)");
        refresh("even");
        refresh("ends");
        assertFresh("ends", ends);
    }

    @Test
    void oneThatReadsItselfIsACycle() {
        create("reach", "SELECT DISTINCT src, dst FROM edges");
        tables.alter(
                "reach",
                Alteration.none()
                        .withQuery(
                                "SELECT src, dst FROM edges UNION SELECT r.src, s.dst FROM reach r JOIN reach s ON s.src = r.dst"));
        String all =
                "WITH RECURSIVE p(src, dst) AS (SELECT src, dst FROM edges UNION"
                        + " SELECT p.src, e.dst FROM p JOIN edges e ON e.src = p.dst) TABLE p";
        assertFresh("reach", all);
        for (String change :
                List.of(
                        "INSERT INTO edges VALUES (4, 5), (6, 7)",
                        "DELETE FROM edges WHERE dst = 1",
                        "INSERT INTO edges VALUES (7, 1)",
                        "UPDATE edges SET dst = dst + 1 WHERE src = 2")) {
            database.execute(change);
            refresh("reach");
            assertFresh("reach", all);
        }
        assertThat(database.value("SELECT members FROM pgtrickle.pgt_scc_status()"))
                .isEqualTo("{public.reach}");
    }

    @Test
    void aCycleWithoutAnEndIsInErrorAndKeepsItsRows() {
        create("counter", "SELECT src AS n FROM edges WHERE src = 5");
        create("follower", "SELECT n + 1 AS n FROM counter");
        assertThatThrownBy(() ->
                        tables.alter(
                                "counter",
                                Alteration.none()
                                        .withQuery(
                                                "SELECT src AS n FROM edges WHERE src = 5 UNION ALL SELECT n FROM follower")))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        it -> {
                            assertThat(it.sqlState()).isEqualTo("54000");
                            assertThat(it)
                                    .hasMessageContaining(
                                            "has not come to rest after 100 iterations");
                            assertThat(it.detail().orElse(""))
                                    .contains(
                                            "1: public.counter 1, public.follower 1; 2: public.counter 1")
                                    .contains("...; 96: ");
                        });
        assertThat(
                        database.query(
                                "SELECT pgt_name, status, last_error_message LIKE '%Rows changed by iteration%' FROM pgtrickle.pgt_stream_tables"
                                        + " ORDER BY 1"))
                .containsExactly(
                        List.of("counter", "ERROR", "t"), List.of("follower", "ERROR", "t"));
        assertThat(database.query("SELECT n FROM follower")).containsExactly(List.of("6"));
        database.execute("DELETE FROM edges WHERE src = 5");
        tables.alter("follower", Alteration.none().withStatus("ACTIVE"));
        refresh("follower");
        assertThat(database.query("SELECT status FROM pgtrickle.pgt_stream_tables"))
                .containsOnly(List.of("ACTIVE"));
        assertThat(database.query("TABLE follower")).isEmpty();
    }

    /// Writers and a service at work.
    @Test
    void aServiceKeepsACycleFresh() throws InterruptedException {
        cycle();
        create("ends", "SELECT dst, count(*) AS n FROM odd GROUP BY dst");
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Random random = new Random(i);
            writers.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try (Session session = database.session()) {
                                    while (!stop.get()) {
                                        session.execute(change(random));
                                    }
                                }
                            }));
        }
        try (Service _ = Service.start(new Service.Config(database.url(), "", "", 2))) {
            String scheduled =
                    "SELECT count(*) >= 10 FROM pgtrickle.pgt_refresh_history WHERE initiated_by = 'SCHEDULER'"
                            + " AND fixpoint_iteration IS NOT NULL";
            await("the service works", () -> database.value(scheduled).equals("t"));
            stop.set(true);
            for (Thread writer : writers) {
                writer.join();
            }
            await(
                    "the service applies the rest",
                    () -> database.query("SELECT pgtrickle.outdated()").isEmpty());
        } finally {
            stop.set(true);
        }
        assertPaths();
        assertFresh("ends", "SELECT dst, count(*) AS n FROM (" + ALL_ODD + ") o GROUP BY dst");
        assertThat(
                        database.query(
                                "SELECT error_message FROM pgtrickle.pgt_refresh_history WHERE status = 'FAILED'"))
                .isEmpty();
    }

    @Test
    void recomputingAMemberRecomputesTheCycle() {
        cycle();
        RefreshOutcome outcome = tables.recompute("even");
        assertThat(outcome.action()).isEqualTo(Action.FULL);
        assertThat(outcome.rowsInserted()).isZero();
        assertThat(outcome.rowsDeleted()).isZero();
        assertPaths();
    }

    /// Three, one with an inner DISTINCT, one with EXISTS over another member, against a naive
    /// evaluation of the same rules.
    @Test
    void randomChangesOfARuleSystem() {
        create("a", "SELECT src, dst FROM edges");
        create(
                "b",
                "SELECT x.src, e.dst FROM (SELECT DISTINCT src, dst FROM a) x JOIN edges e ON e.src = x.dst");
        create(
                "c",
                "SELECT DISTINCT src, dst FROM b WHERE EXISTS (SELECT FROM a WHERE a.dst = b.src)");
        tables.alter(
                "a",
                Alteration.none()
                        .withQuery(
                                "SELECT src, dst FROM edges WHERE src < 4 UNION SELECT dst, src FROM c"));
        long seed = Long.getLong("cycles.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int i = 0; i < 25; i++) {
            String change = change(random);
            database.execute(change);
            refresh(List.of("a", "b", "c").get(random.nextInt(3)));
            for (Map.Entry<String, Set<Edge>> expected : rules().entrySet()) {
                assertThat(stored(expected.getKey()))
                        .as("%s, -Dcycles.seed=%d, step %d: %s", expected.getKey(), seed, i, change)
                        .isEqualTo(expected.getValue());
            }
        }
    }

    private record Edge(int src, int dst) {}

    private Set<Edge> stored(String name) {
        Set<Edge> rows = new HashSet<>();
        database.query("SELECT src, dst FROM " + name)
                .forEach(it ->
                        rows.add(
                                new Edge(
                                        Integer.parseInt(it.get(0)), Integer.parseInt(it.get(1)))));
        return rows;
    }

    /// The least rows for which the three queries hold.
    private Map<String, Set<Edge>> rules() {
        Set<Edge> edges = stored("edges");
        Map<String, Set<Edge>> rows =
                Map.of("a", new HashSet<>(), "b", new HashSet<>(), "c", new HashSet<>());
        Set<Edge> a = rows.getOrDefault("a", Set.of());
        Set<Edge> b = rows.getOrDefault("b", Set.of());
        Set<Edge> c = rows.getOrDefault("c", Set.of());
        int before;
        do {
            before = a.size() + b.size() + c.size();
            edges.stream().filter(it -> it.src() < 4).forEach(a::add);
            c.forEach(it -> a.add(new Edge(it.dst(), it.src())));
            a.forEach(x ->
                    edges.stream()
                            .filter(it -> it.src() == x.dst())
                            .forEach(it -> b.add(new Edge(x.src(), it.dst()))));
            b.stream().filter(it -> a.stream().anyMatch(x -> x.dst() == it.src())).forEach(c::add);
        } while (a.size() + b.size() + c.size() > before);
        return rows;
    }
}
