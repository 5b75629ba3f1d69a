package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Changes are recomputed instead of applied where that is likely to be faster. What refreshes have
/// cost is written into the catalog by the tests, so that no time is measured.
final class CostModelTest extends DatabaseTest {
    private static final String SUMS = "SELECT k, sum(v) AS total FROM t GROUP BY k";
    private static final String READER = "SELECT count(*) AS n, max(total) AS best FROM s";

    @BeforeEach
    void tables() {
        database.weighingCosts()
                .execute(
                        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, k int, v int)",
                        "INSERT INTO t (k, v) SELECT i % 100, i FROM generate_series(1, 5000) i",
                        "ANALYZE t");
        create("s", SUMS);
        create("r", READER);
        refresh("s");
        refresh("r");
    }

    /// What recomputing has cost, and what changes of 2 to 4, of 65 to 256 rows have.
    private void costs(int full, int few, int many) {
        database.execute(
                """
                UPDATE pgtrickle.pgt_stream_tables SET refresh_costs = '{"full": %d, "sourceRows": 5000, "sizes": {
                    "1": {"times": [%2$d, %2$d, %2$d], "recomputed": false, "spent": 0},
                    "4": {"times": [%3$d, %3$d, %3$d], "recomputed": false, "spent": 0}}}' WHERE pgt_name = 's'
                """
                        .formatted(full, few, many));
    }

    private void change(int rows) {
        database.execute(
                "INSERT INTO t (k, v) SELECT i, 1 FROM generate_series(1, %d) i".formatted(rows));
    }

    private List<List<String>> explained() {
        return database.query("SELECT * FROM pgtrickle.explain_refresh_mode('s')");
    }

    @Test
    void whatIsDearerIsRecomputedAndReadersGetTheDifference() {
        costs(100, 10, 300);
        change(3);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        change(200);
        assertThat(refresh("s")).isEqualTo(Action.FULL);
        assertThat(explained().getFirst().subList(0, 2)).containsExactly("DIFFERENTIAL", "FULL");
        assertThat(explained().getFirst().get(2))
                .startsWith("applying 200 changed rows takes about 300 ms, recomputing ");
        assertThat(
                        database.query(
                                "SELECT action, was_full_fallback, delta_row_count FROM pgtrickle.pgt_refresh_history h"
                                        + " JOIN pgtrickle.pgt_stream_tables s USING (pgt_id) WHERE pgt_name = 's'"
                                        + " ORDER BY refresh_id DESC LIMIT 1"))
                .containsExactly(List.of("FULL", "t", "200"));
        assertThat(refresh("r")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", SUMS);
        assertFresh("r", READER);
        change(3);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(explained()).containsExactly(List.of("DIFFERENTIAL", "DIFFERENTIAL", "null"));
    }

    /// A refresh of these takes milliseconds, whatever is written down.
    @Test
    void isNotStuckWithAWrongEstimate() {
        costs(100, 10, 300);
        int recomputed = 0;
        change(200);
        while (refresh("s") == Action.FULL) {
            change(200);
            assertThat(++recomputed).as("FULL refreshes").isLessThan(5000);
            // As if each had taken its time.
            database.execute(
                    "UPDATE pgtrickle.pgt_stream_tables SET refresh_costs ="
                            + " jsonb_set(refresh_costs, '{sizes,4,spent}',"
                            + " to_jsonb((refresh_costs #>> '{sizes,4,spent}')::float8 + 100)) WHERE pgt_name = 's'");
        }
        assertThat(recomputed).isPositive();
        for (int i = 0; i < 3; i++) {
            change(200);
            assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        }
        assertFresh("s", SUMS);
    }

    @Test
    void aLargeShareIsRecomputedUntilItIsKnown() {
        costs(100, 10, 10);
        change(3000);
        assertThat(refresh("s")).isEqualTo(Action.FULL);
        assertThat(explained().getFirst().get(2))
                .startsWith("3000 rows have changed, 60 % of the sources");
        database.execute(
                "ALTER DATABASE %s SET pg_trickle.differential_max_change_ratio = 0.7"
                        .formatted(database.name()));
        costs(100, 10, 10);
        change(3000);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", SUMS);
    }

    @Test
    void settingsAndOptionsDecideFirst() {
        costs(100, 300, 300);
        String strategy =
                "ALTER DATABASE " + database.name() + " SET pg_trickle.refresh_strategy = ";
        database.execute(strategy + "'differential'");
        change(200);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        database.execute(
                "ALTER DATABASE %s SET pg_trickle.cost_model_safety_margin = 2"
                        .formatted(database.name()),
                "ALTER DATABASE %s RESET pg_trickle.refresh_strategy".formatted(database.name()));
        costs(200, 300, 300);
        change(200);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        costs(1000, 1, 1);
        // The limit is one of the rows that PostgreSQL expects.
        database.execute(
                "ALTER TABLE s SET (autovacuum_enabled = off)",
                "ANALYZE s",
                "UPDATE pgtrickle.pgt_stream_tables SET max_delta_fraction = 0.5 WHERE pgt_name = 's'");
        change(110);
        assertThat(refresh("s")).isEqualTo(Action.FULL);
        assertThat(explained().getFirst().get(2))
                .isEqualTo("110 rows have changed, more than max_delta_fraction of its rows, 100");
        change(90);
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", SUMS);
    }

    @Test
    void manyJoinsAreRecomputed() {
        String joined =
                "SELECT a.k, count(*) AS n FROM t a JOIN t b USING (id) JOIN t c USING (id) GROUP BY a.k";
        create("j", joined);
        change(1);
        assertThat(refresh("j")).isEqualTo(Action.DIFFERENTIAL);
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET max_differential_joins = 1 WHERE pgt_name = 'j'");
        change(1);
        assertThat(refresh("j")).isEqualTo(Action.FULL);
        assertThat(
                        database.value(
                                "SELECT downgrade_reason FROM pgtrickle.explain_refresh_mode('j')"))
                .isEqualTo("2 joins are more than max_differential_joins, 1");
        assertFresh("j", joined);
    }
}
