package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import org.junit.jupiter.api.Test;

/// FULL, DIFFERENTIAL, and what AUTO makes of a query.
final class ModesTest extends DatabaseTest {

    @Test
    void autoTakesFullWithAReasonForWhatIsNotSupported() {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)");
        String query = "SELECT string_agg(v::text, ',' ORDER BY v) AS all_values FROM t";
        CreateOutcome created = tables.create(StreamTableDefinition.of("s", query));
        assertThat(created.streamTable().mode()).isEqualTo(RefreshMode.FULL);
        assertThat(created.streamTable().requestedMode()).isEqualTo(RefreshMode.AUTO);
        assertThat(created.streamTable().fullReason())
                .hasValueSatisfying(it -> assertThat(it).contains("string_agg"));
        assertThat(created.warnings()).anySatisfy(it -> assertThat(it).contains("string_agg"));
        database.execute("INSERT INTO t VALUES (3)");
        assertThat(refresh("s")).isEqualTo(Action.FULL);
        assertFresh("s", query);
        assertThat(tables.status("s").effectiveMode()).contains("FULL");
    }

    @Test
    void autoTakesFullForAVolatileFunction() {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)");
        CreateOutcome created =
                tables.create(StreamTableDefinition.of("s", "SELECT v, random() AS r FROM t"));
        assertThat(created.streamTable().mode()).isEqualTo(RefreshMode.FULL);
        assertThat(created.warnings()).isNotEmpty();
    }

    @Test
    void autoIsDifferentialWhereItCanBe() {
        database.execute("CREATE TABLE t (v int)");
        CreateOutcome created =
                tables.create(StreamTableDefinition.of("s", "SELECT count(*) AS n FROM t"));
        assertThat(created.streamTable().mode()).isEqualTo(RefreshMode.DIFFERENTIAL);
        assertThat(created.streamTable().fullReason()).isEmpty();
        assertThat(created.streamTable().status()).isEqualTo("ACTIVE");
        assertThat(created.streamTable().populated()).isTrue();
    }

    @Test
    void aStableFunctionIsWarnedAbout() {
        database.execute("CREATE TABLE t (v timestamptz)");
        CreateOutcome created =
                tables.create(StreamTableDefinition.of("s", "SELECT v > now() AS future FROM t"));
        assertThat(created.warnings())
                .anySatisfy(it -> assertThat(it).containsIgnoringCase("stable"));
    }

    @Test
    void fullAppliesOnlyTheDifference() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i");
        tables.create(
                StreamTableDefinition.of("s", "SELECT id, v FROM t").withMode(RefreshMode.FULL));
        database.execute("UPDATE t SET v = 0 WHERE id = 7", "DELETE FROM t WHERE id = 8");
        var outcome = tables.refresh("s");
        assertThat(outcome.action()).isEqualTo(Action.FULL);
        assertThat(outcome.rowsInserted() + outcome.rowsUpdated() + outcome.rowsDeleted())
                .isBetween(2L, 3L);
        assertFresh("s", "SELECT id, v FROM t");
    }

    @Test
    void readersAreNotBlockedByFull() {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t SELECT generate_series(1, 5000)");
        tables.create(StreamTableDefinition.of("s", "SELECT v FROM t").withMode(RefreshMode.FULL));
        database.execute("UPDATE t SET v = -v");
        try (Session reader = database.session();
                Session blocked = database.session()) {
            // An old reader keeps its snapshot and its lock over the refresh, a new one gets its
            // own at once.
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ", "SET lock_timeout = '1ms'");
            assertThat(reader.value("SELECT count(*) FROM s WHERE v > 0")).isEqualTo("5000");
            assertThat(refresh("s")).isEqualTo(Action.FULL);
            assertThat(reader.value("SELECT count(*) FROM s WHERE v > 0")).isEqualTo("5000");
            blocked.execute("SET lock_timeout = '1ms'");
            assertThat(blocked.value("SELECT count(*) FROM s WHERE v < 0")).isEqualTo("5000");
            reader.execute("COMMIT");
        }
    }

    @Test
    void aReaderBeginningDuringFullIsNotBlocked() throws InterruptedException {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t SELECT generate_series(1, 10)");
        // The advisory lock holds the refresh in the middle, after it has taken its locks.
        database.execute(
                "CREATE FUNCTION held(int) RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN $1; END $$");
        tables.create(
                StreamTableDefinition.of("s", "SELECT held(v) AS v FROM t")
                        .withMode(RefreshMode.FULL));
        database.execute("INSERT INTO t VALUES (11)");
        try (Session gate = database.session()) {
            gate.execute("BEGIN", "SELECT pg_advisory_xact_lock(42)");
            Thread refresh = Thread.ofVirtual().start(() -> tables.refresh("s"));
            await(
                    "the refresh to reach the gate",
                    () ->
                            database.value(
                                            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                                    .equals("1"));
            try (Session reader = database.session()) {
                reader.execute("SET lock_timeout = '100ms'");
                assertThat(reader.value("SELECT count(*) FROM s")).isEqualTo("10");
            }
            gate.execute("COMMIT");
            refresh.join();
        }
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("11");
    }

    @Test
    void twoRefreshesOfOneStreamTableDoNotBothWork() throws InterruptedException {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1)");
        database.execute(
                "CREATE FUNCTION held(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
                        + " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(43); RETURN $1; END $$");
        create("s", "SELECT held(v) AS v FROM t");
        database.execute("INSERT INTO t VALUES (2)");
        try (Session gate = database.session()) {
            gate.execute("BEGIN", "SELECT pg_advisory_xact_lock(43)");
            Thread first = Thread.ofVirtual().start(() -> tables.refresh("s"));
            await(
                    "the first refresh to reach the gate",
                    () ->
                            database.value(
                                            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                                    .equals("1"));
            assertThat(refresh("s")).isEqualTo(Action.SKIP);
            gate.execute("COMMIT");
            first.join();
        }
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("2");
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
    }
}
