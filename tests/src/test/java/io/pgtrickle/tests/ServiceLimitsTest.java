package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A refresh cannot hold a worker for as long as it likes, nor a session a transaction.
final class ServiceLimitsTest extends DatabaseTest {
    private static final String LIMITS =
            "SELECT current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle,"
                    + " current_setting('idle_session_timeout') AS session,"
                    + " current_setting('synchronous_commit') AS waits, count(*) AS n FROM t";

    private static final String SEEN = "SELECT lock, idle, session, waits FROM limits";

    private Service service(String options) {
        Service service =
                Service.start(
                        new Service.Config(
                                database.url() + (options.isEmpty() ? "" : "&options=" + options),
                                "",
                                "",
                                2));
        assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
        return service;
    }

    private String state(String name) {
        return database.value(
                "SELECT status || ' ' || consecutive_errors FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '"
                        + name
                        + "'");
    }

    @Test
    void aLockedSourceDoesNotKeepTheWorkersFromOthers() {
        database.execute("CREATE TABLE locked (v int)", "CREATE TABLE free (v int)");
        List<String> readers = IntStream.range(0, 6).mapToObj(i -> "reader_" + i).toList();
        readers.forEach(it -> create(it, "SELECT v FROM locked"));
        create("others", "SELECT v FROM free");
        try (Service _ = service("");
                Session locking = database.session()) {
            locking.execute("BEGIN", "INSERT INTO locked VALUES (1)", "COMMIT", "BEGIN");
            locking.execute("LOCK TABLE locked", "INSERT INTO locked VALUES (2)");
            for (int i = 1; i <= 3; i++) {
                database.execute("INSERT INTO free VALUES (" + i + ")");
                String count = Integer.toString(i);
                await(
                        "others go on",
                        () -> database.value("SELECT count(*) FROM others").equals(count));
            }
            locking.execute("COMMIT");
            await(
                    "all are refreshed",
                    () ->
                            readers.stream()
                                    .allMatch(it ->
                                            database.value("SELECT count(*) FROM " + it)
                                                    .equals("2")));
        }
        assertThat(readers).allSatisfy(it -> assertThat(state(it)).isEqualTo("ACTIVE 0"));
    }

    @Test
    void oneThatRunsIntoStatementTimeoutIsSuspendedAndRecomputedWhenItIsResumed() {
        database.execute(
                "CREATE TABLE t (v int)",
                "CREATE FUNCTION slow(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                        + " $$ BEGIN IF v = -1 THEN PERFORM pg_sleep(60); END IF; RETURN v; END $$");
        create("slowly", "SELECT slow(v) AS v FROM t");
        create("others", "SELECT count(*) AS n FROM t");
        try (Service _ = service("-c%20statement_timeout=700ms")) {
            database.execute("INSERT INTO t VALUES (-1), (2)");
            await("it is suspended", () -> state("slowly").equals("SUSPENDED 3"));
            assertThat(
                            database.query(
                                    "SELECT DISTINCT error_sqlstate FROM pgtrickle.pgt_refresh_history WHERE status = 'FAILED'"))
                    .containsExactly(List.of("57014"));
            await("others go on", () -> database.value("SELECT n FROM others").equals("2"));
            database.execute("DELETE FROM t WHERE v = -1");
            tables.alter("slowly", Alteration.none().withStatus("ACTIVE"));
            await("it is refreshed", () -> database.value("SELECT max(v) FROM slowly").equals("2"));
            assertThat(state("slowly")).isEqualTo("ACTIVE 0");
        }
    }

    /// A random graph under failures found one that was suspended by its first error of the query,
    /// after a lock.
    @Test
    void errorsThatComeAndGoDoNotBringSuspensionNearer() throws SQLException {
        database.execute("CREATE TABLE t (v int)");
        create("divided", "SELECT 1 / v AS q FROM t");
        database.execute("INSERT INTO t VALUES (0)");
        RefreshEngine engine = new RefreshEngine();
        long id = Long.parseLong(database.value("SELECT pgt_id FROM pgtrickle.pgt_stream_tables"));
        try (Session locking = database.session();
                Session refreshing = database.session()) {
            refreshing.execute("SET lock_timeout = '50ms'");
            var session = JdbcSession.of(refreshing.connection());
            locking.execute("BEGIN", "LOCK TABLE t");
            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> engine.refresh(session, id, "SCHEDULER"))
                        .hasMessageContaining("lock timeout");
            }
            locking.execute("COMMIT");
            assertThat(state("divided")).isEqualTo("ACTIVE 1");
            assertThatThrownBy(() -> engine.refresh(session, id, "SCHEDULER"))
                    .hasMessageContaining("division by zero");
            assertThat(state("divided")).isEqualTo("ACTIVE 2");
        }
    }

    private void assertLimits(String options, String expected) {
        int before = Integer.parseInt(database.value("SELECT count(*) FROM t"));
        database.execute("INSERT INTO t VALUES (1)");
        try (Service _ = service(options)) {
            await(
                    "it is recomputed by the service",
                    () ->
                            database.value("SELECT n FROM limits")
                                    .equals(Integer.toString(before + 1)));
            assertThat(database.query(SEEN)).hasToString("[[" + expected + "]]");
        }
    }

    private void set(String setting) {
        database.execute("ALTER DATABASE " + database.name() + " SET " + setting);
    }

    @Test
    void whatIsSetForItsRoleOrDatabaseIsFollowedWithoutARestart() {
        database.execute("CREATE TABLE t (v int)");
        tables.create(
                StreamTableDefinition.of("limits", LIMITS)
                        .withMode(RefreshMode.FULL)
                        .withSchedule("100ms"));
        set("synchronous_commit = 'on'");
        try (Service _ = service("")) {
            await(
                    "those of a service",
                    () -> database.query(SEEN).toString().equals("[[1s, 1min, 0, off]]"));
            set("lock_timeout = '300ms'");
            set("synchronous_commit = 'local'");
            await(
                    "those of the database",
                    () -> database.query(SEEN).toString().equals("[[300ms, 1min, 0, local]]"));
        }
    }

    /// Also after the owner's code may have set something.
    @Test
    void sessionsHaveLimitsAndTheirNames() {
        String role = database.name() + "_other";
        database.execute(
                "CREATE TABLE t (v int)",
                "CREATE ROLE " + role,
                "GRANT ALL ON SCHEMA public TO " + role,
                "GRANT SELECT, TRIGGER ON t TO " + role);
        tables.create(
                StreamTableDefinition.of("limits", LIMITS)
                        .withMode(RefreshMode.FULL)
                        .withSchedule("100ms"));
        create("owned", "SELECT v FROM t");
        database.execute("ALTER TABLE owned OWNER TO " + role);
        try (Session session = database.session()) {
            session.execute("SET ROLE " + role, "SELECT pgtrickle.allow()");
        }
        set("synchronous_commit = 'on'");
        assertLimits("", "1s, 1min, 0, off");
        assertLimits(
                "-c%20lock_timeout=200ms%20-c%20synchronous_commit=local", "200ms, 1min, 0, local");
        try (Service _ = service("")) {
            String refreshed = database.value("SELECT count(*) FROM pgtrickle.pgt_refresh_history");
            database.execute("INSERT INTO t VALUES (1)");
            await(
                    "the other role's is refreshed",
                    () ->
                            database.value("SELECT count(*) FROM owned")
                                    .equals(database.value("SELECT count(*) FROM t")));
            await(
                    "both sessions have worked since",
                    () ->
                            Integer.parseInt(
                                            database.value(
                                                    "SELECT count(*) FROM pgtrickle.pgt_refresh_history"))
                                    > Integer.parseInt(refreshed) + 10);
            assertThat(
                            database.query(
                                    "SELECT DISTINCT application_name FROM pg_stat_activity a JOIN pg_locks l USING (pid)"
                                            + " WHERE l.locktype = 'advisory' AND l.classid = 1885828211"
                                            + " AND a.datname = current_database()"))
                    .containsExactly(List.of("pg_trickle"));
            assertThat(database.query("SELECT lock, idle, session FROM limits"))
                    .hasToString("[[1s, 1min, 0]]");
        }
        database.execute(
                "REASSIGN OWNED BY " + role + " TO CURRENT_USER",
                "DROP OWNED BY " + role,
                "DROP ROLE " + role);
    }
}
