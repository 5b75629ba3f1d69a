package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Hashes, and numbers about the engine.
final class NumbersTest {
    @Test
    void hashesTellTextsApart() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            assertThat(
                            session.value(
                                    "SELECT count(DISTINCT h) FROM (VALUES (pgtrickle.pg_trickle_hash(NULL)),"
                                            + " (pgtrickle.pg_trickle_hash('')), (pgtrickle.pg_trickle_hash('NULL')),"
                                            + " (pgtrickle.pg_trickle_hash_multi('{}')),"
                                            + " (pgtrickle.pg_trickle_hash_multi('{NULL,NULL}')),"
                                            + " (pgtrickle.pg_trickle_hash_multi('{a,bc}')),"
                                            + " (pgtrickle.pg_trickle_hash_multi('{ab,c}'))) v(h)"))
                    .isEqualTo("7");
            // Stored hashes must stay what they are.
            assertThat(
                            session.value(
                                    "SELECT pgtrickle.pg_trickle_hash('x') = pgtrickle.pg_trickle_hash_multi('{x}')"
                                            + " AND pgtrickle.pg_trickle_hash('x') = hash_array_extended(ARRAY['x'::text], 5871781006564002453)"))
                    .isEqualTo("t");
            assertThat(
                            session.query(
                                    "SELECT provolatile, proparallel, proisstrict FROM pg_proc WHERE proname LIKE 'pg_trickle_hash%'"))
                    .containsExactly(List.of("i", "s", "f"), List.of("i", "s", "f"));
        }
    }

    @Test
    void whatTheEngineKeepsIsCounted() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            UpgradeTest.populate(session);
            String stats =
                    "SELECT l1_hits, l2_hits, misses, evictions, l1_size FROM pgtrickle.cache_stats()";
            List<String> before = session.query(stats).getFirst();
            session.execute(
                    "BEGIN",
                    "INSERT INTO orders VALUES (10, 1, 1)",
                    "SELECT pgtrickle.refresh_stream_table('totals')",
                    "INSERT INTO orders VALUES (11, 1, 1)",
                    "SELECT pgtrickle.refresh_stream_table('totals')",
                    "COMMIT");
            List<String> after = session.query(stats).getFirst();
            assertThat(Long.parseLong(after.get(0)) + Long.parseLong(after.get(2)))
                    .isEqualTo(Long.parseLong(before.get(0)) + Long.parseLong(before.get(2)) + 2);
            assertThat(Long.parseLong(after.get(0))).isGreaterThan(Long.parseLong(before.get(0)));
            assertThat(after.get(4)).isEqualTo("1");
            assertThat(
                            session.value(
                                    "SELECT total_diff_refreshes >= 2 AND dedup_needed = 0 AND dedup_ratio_pct = 0"
                                            + " FROM pgtrickle.dedup_stats()"))
                    .isEqualTo("t");
            // What the service works with, and not what this session has.
            session.execute("SET pg_trickle.max_concurrent_refreshes = 7");
            assertThat(
                            session.query(
                                    "SELECT max_workers, per_db_cap, parallel_mode FROM pgtrickle.worker_pool_status()"))
                    .containsExactly(List.of("1", "1", "on"));
            assertThat(
                            session.value(
                                    "SELECT active_workers BETWEEN 0 AND 2 FROM pgtrickle.worker_pool_status()"))
                    .isEqualTo("t");
        }
    }
}
