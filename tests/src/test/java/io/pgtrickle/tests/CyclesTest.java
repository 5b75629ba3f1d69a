package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Stream tables that read each other.
final class CyclesTest extends DatabaseTest {
    /// Paths of an odd number of edges.
    private static final String ODD =
            "SELECT src, dst FROM edges UNION SELECT v.src, e.dst FROM even v JOIN edges e ON e.src = v.dst";

    /// Paths of an even number of edges, as often as their last edge has a path before it.
    private static final String EVEN =
            "SELECT o.src, e.dst FROM odd o JOIN edges e ON e.src = o.dst";

    private static final String PATHS =
            "WITH RECURSIVE p(src, dst, odd) AS (SELECT src, dst, true FROM edges"
                    + " UNION SELECT p.src, e.dst, NOT p.odd FROM p JOIN edges e ON e.src = p.dst)";
    private static final String ALL_ODD = PATHS + " SELECT src, dst FROM p WHERE odd";
    private static final String ALL_EVEN =
            PATHS + " SELECT p.src, e.dst FROM p JOIN edges e ON e.src = p.dst WHERE p.odd";

    private static final String MARKS =
            "SELECT pgt_name, scc_id = (SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'odd')"
                    + " FROM pgtrickle.pgt_stream_tables ORDER BY pgt_name";

    @BeforeEach
    void edges() {
        database.execute(
                "ALTER DATABASE \"" + database.name() + "\" SET pg_trickle.allow_circular = on",
                "CREATE TABLE edges (src int, dst int)",
                "INSERT INTO edges VALUES (1, 2), (2, 3), (3, 1), (3, 4), (5, 6)");
    }

    private void cycle() {
        create("odd", "SELECT src, dst FROM edges");
        create("even", EVEN);
        tables.alter("odd", Alteration.none().withQuery(ODD));
    }

    private void assertPaths() {
        assertFresh("odd", ALL_ODD);
        assertFresh("even", ALL_EVEN);
    }

    private PgTrickleException refused(String name, Alteration alteration) {
        try {
            tables.alter(name, alteration);
        } catch (PgTrickleException e) {
            return e;
        }
        throw new AssertionError("it was not refused");
    }

    @Test
    void closingACycleFillsItsMembers() {
        cycle();
        assertPaths();
        assertThat(database.query(MARKS))
                .containsExactly(List.of("even", "t"), List.of("odd", "t"));
        assertThat(
                        database.query(
                                "SELECT member_count, members, last_iterations > 1, last_converged_at IS NOT NULL"
                                        + " FROM pgtrickle.pgt_scc_status()"))
                .containsExactly(List.of("2", "{public.even,public.odd}", "t", "t"));
        assertThat(refresh("even")).isEqualTo(Action.NO_DATA);
    }

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

    private static String change(Random random) {
        int a = random.nextInt(8);
        int b = random.nextInt(8);
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> "INSERT INTO edges VALUES (%d, %d)".formatted(a, b);
            case 3 ->
                    "INSERT INTO edges SELECT i, (i * 3 + %d) %% 8 FROM generate_series(0, %d) i"
                            .formatted(a, b);
            case 4 -> "DELETE FROM edges WHERE src = " + a;
            case 5 -> "DELETE FROM edges WHERE dst %% 3 = %d".formatted(b % 3);
            case 6 -> "UPDATE edges SET dst = %d WHERE src = %d".formatted(b, a);
            default -> "TRUNCATE edges";
        };
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
    void withoutPermissionACycleIsRefusedWithItsPath() {
        database.execute(
                "ALTER DATABASE \"" + database.name() + "\" RESET pg_trickle.allow_circular");
        create("odd", "SELECT src, dst FROM edges");
        create("middle", "SELECT src, dst FROM odd");
        create("even", "SELECT o.src, e.dst FROM middle o JOIN edges e ON e.src = o.dst");
        PgTrickleException refused = refused("odd", Alteration.none().withQuery(ODD));
        assertThat(refused.sqlState()).isEqualTo("3F000");
        assertThat(refused)
                .hasMessage(
                        "cycle detected in dependency graph: public.odd -> public.even -> public.middle -> public.odd");
        assertThat(refused.hint())
                .hasValueSatisfying(it -> assertThat(it).contains("allow_circular"));
    }

    @Test
    void whatIsNotMonotoneIsRefused() {
        create("odd", "SELECT src, dst FROM edges");
        create("even", EVEN);
        for (List<String> query :
                List.of(
                        List.of("SELECT src, max(dst) AS dst FROM even GROUP BY src", "aggregate"),
                        List.of(
                                "SELECT src, dst FROM edges EXCEPT SELECT src, dst FROM even",
                                "EXCEPT"),
                        List.of(
                                "SELECT src, dst FROM edges e WHERE NOT EXISTS (SELECT FROM even v WHERE v.src = e.src)",
                                "NOT EXISTS"),
                        List.of(
                                "SELECT src, dst FROM edges WHERE src NOT IN (SELECT dst FROM even)",
                                "NOT IN"),
                        List.of(
                                "SELECT e.src, v.dst FROM edges e LEFT JOIN even v ON v.src = e.src",
                                "outer join"),
                        List.of(
                                "SELECT src, (rank() OVER (ORDER BY dst))::int AS dst FROM even",
                                "window function"),
                        List.of("SELECT src, dst FROM even ORDER BY src, dst LIMIT 3", "LIMIT"),
                        List.of(
                                "SELECT src, (SELECT max(dst) FROM even) AS dst FROM edges",
                                "scalar sub-query"))) {
            PgTrickleException refused =
                    refused("odd", Alteration.none().withQuery(query.getFirst()));
            assertThat(refused.sqlState()).as(query.getFirst()).isEqualTo("0A000");
            assertThat(refused)
                    .hasMessageContaining("in a cycle of stream tables")
                    .hasMessageContaining(query.getLast());
        }
        assertThat(
                        refused("odd", Alteration.none().withQuery(ODD).withMode(RefreshMode.FULL))
                                .getMessage())
                .contains("public.odd is in a cycle and has mode FULL");
        assertThat(
                        refused(
                                        "odd",
                                        Alteration.none()
                                                .withQuery(ODD)
                                                .withMode(RefreshMode.IMMEDIATE))
                                .getMessage())
                .contains("public.odd is in a cycle and has mode IMMEDIATE");
    }

    /// What does not read the cycle need not be monotone, but may take rows away.
    @Test
    void otherOperatorsMayReadWhatIsNotInTheCycle() {
        database.execute("CREATE TABLE closed (node int)");
        create("odd", "SELECT src, dst FROM edges");
        create("even", EVEN);
        tables.alter(
                "odd",
                Alteration.none()
                        .withQuery(
                                ODD
                                        + " WHERE NOT EXISTS (SELECT FROM closed c WHERE c.node = e.dst) AND v.src <="
                                        + " (SELECT max(src) FROM edges)"));
        assertPaths();
        database.execute("INSERT INTO closed VALUES (3)");
        refresh("even");
        String paths =
                PATHS.replace(
                        "ON e.src = p.dst",
                        "ON e.src = p.dst AND (p.odd OR NOT EXISTS (SELECT FROM closed c WHERE c.node = e.dst))");
        assertFresh("odd", paths + " SELECT src, dst FROM p WHERE odd");
        database.execute("TRUNCATE closed");
        refresh("even");
        assertPaths();
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

    @Test
    void aCycleThatIsOpenedIsNone() {
        cycle();
        tables.alter("odd", Alteration.none().withQuery("SELECT DISTINCT src, dst FROM edges"));
        assertThat(database.query("SELECT * FROM pgtrickle.pgt_scc_status()")).isEmpty();
        assertFresh("odd", "SELECT DISTINCT src, dst FROM edges");
        database.execute("INSERT INTO edges VALUES (9, 9)");
        assertThat(refresh("odd")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("even")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh(
                "even",
                "SELECT o.src, e.dst FROM (SELECT DISTINCT src, dst FROM edges) o JOIN edges e ON e.src = o.dst");
    }

    @Test
    void aCycleIsDroppedAsAWhole() {
        cycle();
        assertThatThrownBy(() -> tables.drop("odd", DropBehavior.RESTRICT))
                .hasMessageContaining("others read it");
        tables.drop("odd", DropBehavior.CASCADE);
        assertThat(database.query("SELECT pgt_name FROM pgtrickle.pgt_stream_tables")).isEmpty();
        assertThat(bufferRows()).isZero();
    }

    @Test
    void aSuspendedMemberHoldsTheCycle() {
        cycle();
        tables.alter("even", Alteration.none().withStatus("SUSPENDED"));
        database.execute("INSERT INTO edges VALUES (4, 5)");
        assertThatThrownBy(() -> refresh("odd")).hasMessageContaining("public.even is SUSPENDED");
        assertThat(database.query("SELECT reason FROM pgtrickle._held(1)"))
                .containsExactly(List.of("public.even, of the same cycle, is SUSPENDED"));
        tables.alter("even", Alteration.none().withStatus("ACTIVE"));
        refresh("odd");
        assertPaths();
    }

    /// A cycle under a diamond, and two that share a member.
    @Test
    void cyclesAreOneWithWhatTheyShare() {
        cycle();
        create("more", "SELECT dst AS src, src AS dst FROM odd");
        tables.alter(
                "odd",
                Alteration.none()
                        .withQuery(ODD + " UNION SELECT src, dst FROM more WHERE src > dst"));
        create(
                "ways",
                "SELECT o.src, o.dst, e.dst AS further FROM odd o JOIN even e ON e.src = o.dst");
        assertThat(database.query("SELECT members FROM pgtrickle.pgt_scc_status()"))
                .containsExactly(List.of("{public.even,public.more,public.odd}"));
        assertThat(
                        database.query(
                                "SELECT array_agg(s.pgt_name ORDER BY s.pgt_name) FROM pgtrickle._atomic_groups() g"
                                        + " JOIN pgtrickle.pgt_stream_tables s ON s.pgt_id = ANY (g.members) GROUP BY g.members"))
                .containsExactly(List.of("{even,more,odd}"));
        String all =
                "WITH RECURSIVE p(src, dst, kind) AS (SELECT src, dst, 0 FROM edges UNION SELECT v.src, v.dst, v.kind FROM"
                        + " (TABLE p) p CROSS JOIN LATERAL (SELECT p.src, e.dst, 1 AS kind FROM edges e WHERE p.kind = 0 AND e.src = p.dst"
                        + " UNION ALL SELECT p.src, e.dst, 0 FROM edges e WHERE p.kind = 1 AND e.src = p.dst"
                        + " UNION ALL SELECT p.dst, p.src, 0 WHERE p.kind = 0 AND p.dst > p.src) v) SELECT DISTINCT src, dst FROM p WHERE kind = 0";
        for (String change :
                List.of(
                        "INSERT INTO edges VALUES (4, 5)",
                        "DELETE FROM edges WHERE src = 3",
                        "UPDATE edges SET src = src + 1 WHERE dst = 2")) {
            database.execute(change);
            refresh("more");
            assertFresh("odd", all);
            refresh("ways");
            assertFresh(
                    "ways",
                    "SELECT o.src, o.dst, e.dst AS further FROM odd o JOIN even e ON e.src = o.dst");
        }
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
}
