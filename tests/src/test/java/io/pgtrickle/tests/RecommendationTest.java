package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `recommend_refresh_mode` over histories made for it.
final class RecommendationTest extends DatabaseTest {
    private static final String ADVICE =
            "SELECT recommended_mode, confidence, (signals ->> 'composite_score')::numeric FROM pgtrickle.recommend_refresh_mode('s')";

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i",
                "VACUUM ANALYZE t");
    }

    private void history(String action, int rows, double millis, long delta) {
        database.execute(
                "INSERT INTO pgtrickle.pgt_refresh_history (pgt_id, data_timestamp, start_time, end_time, action, status,"
                        + " delta_row_count) SELECT pgt_id, now(), now(), now() + interval '"
                        + millis
                        + " ms', '"
                        + action
                        + "', 'COMPLETED', "
                        + delta
                        + " FROM pgtrickle.pgt_stream_tables, generate_series(1, "
                        + rows
                        + ")");
    }

    /// Without the first filling, so that the numbers are those of the test.
    private void stored(RefreshMode mode) {
        tables.create(StreamTableDefinition.of("s", "SELECT id, v FROM t").withMode(mode));
        database.execute("DELETE FROM pgtrickle.pgt_refresh_history");
    }

    @Test
    void littleIsKnownAtFirst() {
        stored(RefreshMode.DIFFERENTIAL);
        // Pending 0 of 1000 rows, no joins, less than 1 MB, no covering index.
        assertThat(database.query(ADVICE)).containsExactly(List.of("KEEP", "medium", "0.2400"));
    }

    @Test
    void fastDifferentialRefreshesOfFewRowsAreConfirmed() {
        stored(RefreshMode.DIFFERENTIAL);
        history("DIFFERENTIAL", 25, 1, 10);
        history("FULL", 6, 100, 0);
        // 0.25 + 0.30 + 0.35 + 0.03 - 0.03 - 0.01 + 0.01
        assertThat(database.query(ADVICE)).containsExactly(List.of("KEEP", "high", "0.9000"));
    }

    @Test
    void aRecomputedStreamTableShouldBeDifferential() {
        stored(RefreshMode.FULL);
        history("DIFFERENTIAL", 25, 1, 10);
        history("FULL", 6, 100, 0);
        assertThat(database.query(ADVICE).getFirst().getFirst()).isEqualTo("DIFFERENTIAL");
        assertThat(
                        database.value(
                                "SELECT reason FROM pgtrickle.recommend_refresh_mode() WHERE pgt_name = 's'"))
                .contains("DIFFERENTIAL", "timing");
    }

    @Test
    void slowDifferentialRefreshesOfManyRowsShouldBeFull() {
        stored(RefreshMode.DIFFERENTIAL);
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET effective_refresh_mode = 'DIFFERENTIAL'");
        history("DIFFERENTIAL", 25, 200, 900);
        history("FULL", 6, 100, 0);
        database.execute("UPDATE t SET v = v + 1");
        // - 0.25 - 0.30 - 0.35 + 0.03 - 0.03 - 0.01 + 0.01
        assertThat(database.query(ADVICE)).containsExactly(List.of("FULL", "high", "-0.9000"));
    }

    @Test
    void aQueryThatCanOnlyBeRecomputedStays() {
        tables.create(StreamTableDefinition.of("s", "SELECT id, random() AS r FROM t"));
        history("DIFFERENTIAL", 25, 1, 10);
        history("FULL", 6, 100, 0);
        assertThat(
                        database.query(
                                "SELECT recommended_mode, reason FROM pgtrickle.recommend_refresh_mode('s')"))
                .containsExactly(List.of("KEEP", "Its query can only be recomputed."));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1",
        "0.049, 1",
        "0.05, 0.5",
        "0.149, 0.5",
        "0.15, -0.3",
        "0.29, -0.3",
        "0.3, -0.7",
        "0.49, -0.7",
        "0.5, -1",
        "3, -1"
    })
    void theShareOfChangedRowsScores(String ratio, String score) {
        assertThat(database.value("SELECT pgtrickle.change_ratio_score(" + ratio + ")"))
                .isEqualTo(score);
    }
}
