package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The queue of refreshes as the database shows it, and the limits that settings set to a service
/// that runs.
@Timeout(120)
final class JobQueueTest extends DatabaseTest {
    private static final String JOBS =
            "SELECT unit_key, unit_kind, status, member_count, attempt_no FROM pgtrickle.parallel_job_status()"
                    + " ORDER BY job_id";

    /// A refresh that finds its changes applied already is one more, and may happen at any time.
    private static final String COUNT =
            "SELECT count(*) FROM pgtrickle.parallel_job_status() WHERE job_id NOT IN (SELECT job_id"
                    + " FROM pgtrickle.pgt_scheduler_jobs WHERE outcome_detail = 'nothing to apply') AND status = '%s'";

    private Service serve(int workers) {
        Service service =
                Service.start(
                        new Service.Config(database.url(), "", "", workers)
                                .withCeiling(64)
                                .withPollInterval(Duration.ofMillis(200)));
        assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
        return service;
    }

    /// Sources `s1`, `s2`, ... and a stream table `t1`, `t2`, ... on each.
    private void pairs(int number) {
        // Refreshes that are blocked are to stay so, and not to give up.
        database.execute("ALTER DATABASE " + database.name() + " SET lock_timeout = '60s'");
        for (int i = 1; i <= number; i++) {
            database.execute("CREATE TABLE s" + i + " (id int PRIMARY KEY, v int)");
            follow("t" + i, "SELECT count(*) AS n, sum(1 / v) AS m FROM s" + i);
        }
    }

    private void follow(String name, String query) {
        tables.create(StreamTableDefinition.of(name, query).withSchedule("50ms"));
    }

    private void insert(int id, int tables) {
        for (int i = 1; i <= tables; i++) {
            database.execute("INSERT INTO s" + i + " VALUES (" + id + ", 1)");
        }
    }

    /// How the refreshes of two tables that nobody may write now are kept waiting.
    private static void block(Session session, int tables) {
        session.execute("BEGIN");
        for (int i = 1; i <= tables; i++) {
            session.execute("LOCK TABLE t" + i + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    /// Waits until a query gives this value.
    private void await(String sql, String expected) {
        try (Session session = database.session()) {
            List<List<String>> rows = List.of(List.of(expected));
            try {
                DatabaseTest.await(sql + " is " + expected, () -> session.query(sql).equals(rows));
            } catch (AssertionError e) {
                throw new AssertionError(
                        "jobs: "
                                + session.query(
                                        "SELECT to_jsonb(j) FROM pgtrickle.pgt_scheduler_jobs j ORDER BY job_id"),
                        e);
            }
        }
    }

    @Test
    void whatHasEndedIsShownWithItsKind() {
        pairs(3);
        database.execute(
                "INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids)"
                        + " VALUES ('g', ARRAY['t1', 't2']::regclass[]::oid[])");
        String ids =
                database.value(
                        "SELECT string_agg(pgt_id::text, ',' ORDER BY pgt_id) FROM pgtrickle.pgt_stream_tables"
                                + " WHERE pgt_name IN ('t1', 't2')");
        String single =
                database.value(
                        "SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 't3'");
        try (Service _ = serve(2)) {
            insert(1, 3);
            await(
                    "SELECT string_agg(DISTINCT concat_ws(' ', unit_key, unit_kind, status, member_count), '; ')"
                            + " FROM pgtrickle.parallel_job_status() WHERE worker_pid IS NOT NULL",
                    "a:%s atomic_group SUCCEEDED 2; s:%s singleton SUCCEEDED 1"
                            .formatted(ids, single));
        }
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pgtrickle.pgt_scheduler_jobs WHERE finished_at IS NULL"))
                .isEqualTo("0");
    }

    @Test
    void whatRunsAndWaitsIsShownSoon() {
        pairs(4);
        try (Service _ = serve(2);
                Session blocker = database.session()) {
            await("SELECT max_workers FROM pgtrickle.worker_pool_status()", "2");
            block(blocker, 4);
            long start = System.nanoTime();
            insert(1, 4);
            await(COUNT.formatted("RUNNING"), "2");
            await(COUNT.formatted("QUEUED"), "2");
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(10));
            assertThat(
                            database.value(
                                    "SELECT count(*) FROM pgtrickle.parallel_job_status() j JOIN pg_stat_activity a"
                                            + " ON a.pid = j.worker_pid WHERE j.status = 'RUNNING' AND a.application_name = 'pg_trickle'"
                                            + " AND a.wait_event_type = 'Lock' AND j.duration_ms > 500"))
                    .isEqualTo("2");
            assertThat(
                            database.value(
                                    "SELECT count(DISTINCT scheduler_pid) FROM pgtrickle.parallel_job_status() j"
                                            + " JOIN pg_locks l ON l.pid = j.scheduler_pid AND l.locktype = 'advisory'"))
                    .isEqualTo("1");
            assertThat(
                            database.query(
                                    "SELECT active_workers, max_workers, per_db_cap, parallel_mode FROM pgtrickle.worker_pool_status()"))
                    .containsExactly(List.of("2", "2", "2", "on"));

            blocker.execute("ROLLBACK");
            await(
                    COUNT.formatted("SUCCEEDED")
                            + " AND attempt_no = 1 AND started_at >= enqueued_at AND finished_at >= started_at",
                    "4");
            assertThat(database.value("SELECT active_workers FROM pgtrickle.worker_pool_status()"))
                    .isEqualTo("0");
            assertThat(database.query(JOBS)).allMatch(it -> it.get(1).equals("singleton"));
        }
    }

    @Test
    void limitsFollowTheSettingsWithoutARestart() {
        pairs(6);
        try (Service _ = serve(2);
                Session blocker = database.session()) {
            block(blocker, 6);
            insert(1, 6);
            await(COUNT.formatted("RUNNING"), "2");
            set("max_concurrent_refreshes = 5");
            set("max_dynamic_refresh_workers = 4");
            await(COUNT.formatted("RUNNING"), "4");
            await(
                    "SELECT per_db_cap || ' ' || max_workers FROM pgtrickle.worker_pool_status()",
                    "4 4");
            set("max_dynamic_refresh_workers = 8");
            await(COUNT.formatted("RUNNING"), "5");
            set("per_database_worker_quota = 4");
            await(COUNT.formatted("RUNNING"), "6");
            blocker.execute("ROLLBACK");
            await(COUNT.formatted("SUCCEEDED"), "6");

            set("parallel_refresh_mode = 'off'");
            await(
                    "SELECT per_db_cap || ' ' || parallel_mode FROM pgtrickle.worker_pool_status()",
                    "1 off");
            block(blocker, 6);
            insert(2, 6);
            await(COUNT.formatted("QUEUED"), "5");
            assertThat(database.value(COUNT.formatted("RUNNING"))).isEqualTo("1");
            blocker.execute("ROLLBACK");
            await(COUNT.formatted("SUCCEEDED"), "12");
        }
    }

    private void set(String setting) {
        database.execute("ALTER DATABASE " + database.name() + " SET pg_trickle." + setting);
    }

    @Test
    void failuresSayWhetherTheyAreTriedAgain() {
        pairs(1);
        try (Service _ = serve(2)) {
            database.execute("INSERT INTO s1 VALUES (1, 0)");
            await(
                    "SELECT status || ' ' || retryable || ' ' || outcome_detail FROM pgtrickle.pgt_scheduler_jobs"
                            + " WHERE finished_at IS NOT NULL ORDER BY job_id LIMIT 1",
                    "PERMANENT_FAILED false division by zero (SQLSTATE 22012)");
        }
    }

    @Test
    void theJobsOfADeadServiceAreCancelledAtTakeOver() throws Exception {
        pairs(2);
        Process process = ServiceWorker.process(database.url()).start();
        try (Session blocker = database.session()) {
            await("SELECT count(*) FROM pgtrickle.pgt_service", "1");
            block(blocker, 2);
            insert(1, 2);
            await(COUNT.formatted("RUNNING"), "2");
            process.destroyForcibly();
            process.waitFor();
            await("SELECT active_workers FROM pgtrickle.worker_pool_status()", "0");
        } finally {
            process.destroyForcibly();
        }
        String before = database.value("SELECT max(dag_version) FROM pgtrickle.pgt_scheduler_jobs");
        try (Service _ = serve(2)) {
            await(COUNT.formatted("CANCELLED"), "2");
            await(COUNT.formatted("SUCCEEDED"), "2");
            assertThat(
                            database.value(
                                    "SELECT min(dag_version) > "
                                            + before
                                            + " FROM pgtrickle.pgt_scheduler_jobs WHERE status = 'SUCCEEDED'"))
                    .isEqualTo("t");
        }
        assertThat(
                        database.value(
                                "SELECT outcome_detail FROM pgtrickle.pgt_scheduler_jobs WHERE status = 'CANCELLED' LIMIT 1"))
                .isEqualTo("the service ended");
    }

    /// While nothing happens there is one statement for each look, and none for the queue.
    @Test
    void anIdleServiceWritesNothing() {
        pairs(3);
        try (Service _ = serve(2);
                Session session = database.session()) {
            insert(1, 3);
            await(COUNT.formatted("SUCCEEDED"), "3");
            String mark =
                    "SELECT xmin::text || ctid::text FROM pgtrickle.pgt_scheduler_jobs ORDER BY job_id";
            List<List<String>> before = session.query(mark);
            String last = "SELECT last_value FROM pgtrickle.pgt_scheduler_jobs_job_id_seq";
            String lastBefore = session.value(last);
            session.execute("SELECT pg_sleep(3)");
            assertThat(session.query(mark)).isEqualTo(before);
            assertThat(session.value(last)).isEqualTo(lastBefore);
        }
    }
}
