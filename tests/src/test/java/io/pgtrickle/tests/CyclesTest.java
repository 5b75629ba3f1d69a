package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.server.Service;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Stream tables that read each other: what may, and what becomes of it.
final class CyclesTest extends CycleDatabaseTest {
    private static final String MARKS =
            "SELECT pgt_name, scc_id = (SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'odd')"
                    + " FROM pgtrickle.pgt_stream_tables ORDER BY pgt_name";

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

    @Test
    void withoutPermissionAServiceHoldsACycleBack() {
        cycle();
        database.execute(
                "ALTER DATABASE \"" + database.name() + "\" RESET pg_trickle.allow_circular");
        create("ends", "SELECT src FROM edges");
        try (Service _ = Service.start(new Service.Config(database.url(), "", "", 2))) {
            database.execute("INSERT INTO edges VALUES (4, 5)");
            await(
                    "the others go on, and it is said why it does not",
                    () ->
                            database.value(
                                            "SELECT count(*) > 0 AND (SELECT count(*) = 6 FROM ends) FROM pgtrickle.pgt_refresh_history"
                                                    + " WHERE error_message = 'it is in a cycle, and pg_trickle.allow_circular is off'")
                                    .equals("t"));
        }
        refresh("odd");
        assertPaths();
    }
}
