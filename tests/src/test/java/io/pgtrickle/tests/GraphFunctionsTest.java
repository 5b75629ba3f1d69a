package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `dependency_tree`, `diamond_groups`, `pgt_scc_status`.
final class GraphFunctionsTest extends DatabaseTest {

    @BeforeEach
    void tables() {
        database.execute("CREATE TABLE t (k int, v int)", "CREATE TABLE u (k int, v int)");
    }

    private void reads(String name, String... sources) {
        StringBuilder from = new StringBuilder("SELECT q0.k FROM ");
        for (int i = 0; i < sources.length; i++) {
            from.append(i == 0 ? "" : " CROSS JOIN ").append(sources[i]).append(" AS q").append(i);
        }
        create(name, from.toString());
    }

    private List<String> groups() {
        return database
                .query(
                        "SELECT group_id || ' ' || member_schema || '.' || member_name || CASE WHEN is_convergence THEN ' *' ELSE '' END"
                                + " FROM pgtrickle.diamond_groups()")
                .stream()
                .map(List::getFirst)
                .toList();
    }

    private List<String> tree() {
        return database.query("SELECT tree_line FROM pgtrickle.dependency_tree()").stream()
                .map(List::getFirst)
                .toList();
    }

    @Test
    void theTreeShowsSourcesAndReadersUnderEachStreamTable() {
        database.execute("CREATE SCHEMA x", "CREATE VIEW w AS SELECT k FROM u");
        reads("a", "t");
        reads("b", "a", "w");
        reads("x.\"C c\"", "a", "b");
        reads("z", "u");
        assertThat(tree())
                .containsExactly(
                        "public.a",
                        "|-- public.t [src]",
                        "|-- public.b",
                        "|   |-- public.u [src]",
                        "|   `-- x.\"C c\"",
                        "`-- x.\"C c\" (see above)",
                        "public.z",
                        "`-- public.u [src]");
        assertThat(
                        database.query(
                                "SELECT node, node_type, depth, status, refresh_mode FROM pgtrickle.dependency_tree() LIMIT 2"))
                .containsExactly(
                        List.of("public.a", "stream_table", "0", "ACTIVE", "DIFFERENTIAL"),
                        List.of("public.t", "source_table", "1", "null", "null"));
    }

    @Test
    void aTreeWithoutRootsEnds() {
        reads("a", "t");
        reads("b", "a");
        // No API makes a cycle today; the catalog can hold one.
        database.execute(
                "INSERT INTO pgtrickle.pgt_dependencies (pgt_id, source_relid, source_type)"
                        + " SELECT pgtrickle.stream_table_id('a'), 'b'::regclass, 'STREAM_TABLE'");
        assertThat(tree())
                .containsExactly(
                        "public.a",
                        "|-- public.t [src]",
                        "`-- public.b",
                        "    `-- public.a (see above)");
        assertThat(groups()).hasSizeLessThan(3);
    }

    @Test
    void manyDiamondsDoNotMakeTheTreeLong() {
        reads("s0", "t");
        for (int i = 1; i <= 12; i++) {
            reads("l" + i, "s" + (i - 1));
            reads("r" + i, "s" + (i - 1));
            reads("s" + i, "l" + i, "r" + i);
        }
        assertThat(tree()).hasSize(1 + 1 + 12 * 4);
        assertThat(groups()).hasSize(36).allMatch(line -> !line.contains(".s0"));
        assertThat(
                        database.value(
                                "SELECT count(DISTINCT group_id) FROM pgtrickle.diamond_groups()"))
                .isEqualTo("12");
    }

    @Test
    void aDiamondIsWhatIsBetweenACommonAncestorAndWhereItsBranchesMeet() {
        reads("a", "t");
        reads("b", "t");
        reads("c", "u");
        reads("d", "a", "b", "c");
        reads("below", "d");
        reads("alone", "t");
        assertThat(groups()).containsExactly("1 public.a", "1 public.b", "1 public.d *");
    }

    @Test
    void theNearestCommonAncestorIsOutsideTheDiamond() {
        reads("top", "t");
        reads("a", "top");
        reads("b", "top");
        reads("d", "a", "b");
        assertThat(groups()).containsExactly("1 public.a", "1 public.b", "1 public.d *");
    }

    @Test
    void aSourceReadDirectlyAndThroughAStreamTableIsADiamond() {
        reads("a", "t");
        reads("b", "a", "t");
        assertThat(groups()).containsExactly("1 public.a", "1 public.b *");
    }

    @Test
    void diamondsThatShareAStreamTableAreOneGroup() {
        database.execute("CREATE TABLE w (k int)");
        reads("a", "t");
        reads("b", "t", "u");
        reads("c", "u");
        reads("d", "a", "b");
        reads("e", "b", "c");
        reads("f", "w");
        reads("g", "f", "w");
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET diamond_schedule_policy = 'slowest' WHERE pgt_name IN ('e', 'f')");
        assertThat(groups())
                .containsExactly(
                        "1 public.a",
                        "1 public.b",
                        "1 public.c",
                        "1 public.d *",
                        "1 public.e *",
                        "2 public.f",
                        "2 public.g *");
        assertThat(
                        database.query(
                                "SELECT DISTINCT group_id, epoch, schedule_policy FROM pgtrickle.diamond_groups() ORDER BY 1"))
                .containsExactly(List.of("1", "0", "slowest"), List.of("2", "0", "fastest"));
    }

    @Test
    void cyclesAreListedByTheirNumber() {
        reads("a", "t");
        reads("b", "a");
        assertThat(database.query("SELECT * FROM pgtrickle.pgt_scc_status()")).isEmpty();
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET scc_id = 3, last_fixpoint_iterations = pgt_id");
        assertThat(
                        database.query(
                                "SELECT scc_id, member_count, members, last_iterations, last_converged_at IS NOT NULL"
                                        + " FROM pgtrickle.pgt_scc_status()"))
                .containsExactly(List.of("3", "2", "{public.a,public.b}", "2", "t"));
    }
}
