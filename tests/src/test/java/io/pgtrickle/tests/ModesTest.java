package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// FULL, DIFFERENTIAL, and what AUTO makes of a query.
final class ModesTest extends DatabaseTest {

    @Test
    void autoTakesFullWithAReasonForWhatIsNotSupported() {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)");
        String query = "SELECT v, ctid::text AS place FROM t";
        CreateOutcome created = tables.create(StreamTableDefinition.of("s", query));
        assertThat(created.streamTable().mode()).isEqualTo(RefreshMode.FULL);
        assertThat(created.streamTable().requestedMode()).isEqualTo(RefreshMode.AUTO);
        assertThat(created.streamTable().fullReason())
                .hasValueSatisfying(it -> assertThat(it).contains("column ctid"));
        assertThat(created.warnings()).anySatisfy(it -> assertThat(it).contains("column ctid"));
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT v FROM t TABLESAMPLE BERNOULLI (50)|TABLESAMPLE",
                "SELECT a.v, random() AS r FROM t AS a, (SELECT v FROM t TABLESAMPLE SYSTEM (5)) AS b|TABLESAMPLE",
                "SELECT v FROM t LIMIT 3|LIMIT without ORDER BY",
                "SELECT v FROM t OFFSET 3|OFFSET without ORDER BY",
                "SELECT v FROM t FETCH FIRST ROW ONLY|LIMIT without ORDER BY",
                "SELECT a.v FROM t AS a JOIN (SELECT v FROM t LIMIT 3) AS b ON a.v = b.v|LIMIT without ORDER BY",
                "WITH c AS (SELECT v FROM t LIMIT 3) SELECT count(*) AS n FROM c|LIMIT without ORDER BY",
                "SELECT v FROM t WHERE v IN (SELECT v FROM (SELECT v FROM t LIMIT 3) AS x)|LIMIT without ORDER BY",
                "(SELECT v FROM t LIMIT 3) UNION ALL SELECT v FROM t|LIMIT without ORDER BY",
                "SELECT unnest(array_agg(v)) AS v FROM t LIMIT 3|LIMIT without ORDER BY",
                "SELECT v FROM first_rows|LIMIT without ORDER BY"
            })
    void whatIsNotDeterminedIsRefusedUnlessItIsAskedFor(String query, String construct) {
        database.execute(
                "CREATE TABLE t (v int)",
                "INSERT INTO t SELECT generate_series(1, 500)",
                "CREATE VIEW first_rows AS SELECT v FROM t LIMIT 3");
        for (RefreshMode mode : List.of(RefreshMode.AUTO, RefreshMode.DIFFERENTIAL)) {
            assertThatThrownBy(() ->
                            tables.create(StreamTableDefinition.of("s", query).withMode(mode)))
                    .isInstanceOfSatisfying(
                            PgTrickleException.class,
                            e -> {
                                assertThat(e.sqlState()).isEqualTo("0A000");
                                assertThat(e).hasMessageContaining(construct);
                                assertThat(e.detail()).isPresent();
                                assertThat(e.hint())
                                        .hasValueSatisfying(it -> assertThat(it).contains("FULL"));
                            });
        }
        CreateOutcome asked =
                tables.create(StreamTableDefinition.of("s", query).withMode(RefreshMode.FULL));
        assertThat(asked.warnings()).anySatisfy(it -> assertThat(it).contains(construct));
        assertThat(refresh("s")).isEqualTo(Action.FULL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT v, 'TABLESAMPLE' AS text FROM t",
                "SELECT v FROM (SELECT v FROM t OFFSET 0) AS x",
                "SELECT count(*) AS n FROM t LIMIT 1",
                "SELECT v FROM t LIMIT 0",
                "SELECT v FROM t WHERE EXISTS (SELECT 1 FROM t AS u WHERE u.v > t.v LIMIT 1)"
            })
    void aLimitThatLeavesNothingOpenIsDifferential(String query) {
        database.execute("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)");
        create("s", query);
        assertThat(tables.status("s").mode()).isEqualTo(RefreshMode.DIFFERENTIAL);
        database.execute("INSERT INTO t VALUES (3)");
        assertThat(refresh("s")).isIn(Action.DIFFERENTIAL, Action.NO_DATA);
        assertFresh("s", query);
    }

    @Test
    void aViewThatIsNoLongerDeterminedIsAnErrorUntilItIsAgain() {
        database.execute("CREATE TABLE t (v int)", "CREATE VIEW w AS SELECT v FROM t");
        tables.create(StreamTableDefinition.of("s", "SELECT v FROM w"));
        database.execute("CREATE OR REPLACE VIEW w AS SELECT v FROM t LIMIT 3");
        assertThatThrownBy(() -> refresh("s"))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        e -> {
                            assertThat(e.sqlState()).isEqualTo("42P17");
                            assertThat(e.detail())
                                    .hasValueSatisfying(it ->
                                            assertThat(it).contains("LIMIT without ORDER BY"));
                        });
        database.execute("CREATE OR REPLACE VIEW w AS SELECT v FROM t", "INSERT INTO t VALUES (1)");
        refresh("s");
        assertFresh("s", "SELECT v FROM w");
    }

    @Test
    void rowLocksAreRefusedInEveryMode() {
        database.execute("CREATE TABLE t (v int)");
        for (RefreshMode mode : RefreshMode.values()) {
            assertThatThrownBy(() ->
                            tables.create(
                                    StreamTableDefinition.of(
                                                    "s",
                                                    "SELECT v, random() AS r FROM t FOR UPDATE")
                                            .withMode(mode)))
                    .isInstanceOfSatisfying(
                            PgTrickleException.class,
                            e -> assertThat(e.report()).contains("FOR UPDATE"));
        }
    }

    @Test
    void whatCannotBeCapturedIsRefusedWithTheReason() {
        database.execute(
                "CREATE TABLE t (v int)",
                "CREATE TABLE bare ()",
                "CREATE TABLE root (k int) PARTITION BY LIST (k)");
        for (String[] refused :
                new String[][] {
                    {"SELECT relname FROM pg_class", "system table"},
                    {"SELECT table_name FROM information_schema.tables", "system table"},
                    {"SELECT count(*) AS n FROM bare", "without columns"},
                    {"SELECT count(*) AS n FROM ONLY root", "ONLY of a partitioned table"},
                }) {
            assertThatThrownBy(() -> create("s", refused[0]))
                    .isInstanceOfSatisfying(
                            PgTrickleException.class,
                            e -> {
                                assertThat(e.sqlState()).isEqualTo("0A000");
                                assertThat(e.report()).contains(refused[1]);
                            });
        }
    }

    @Test
    void aTableWithRowSecurityIsReadByItsOwner() {
        database.execute(
                "CREATE TABLE t (v int)",
                "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY none ON t USING (false)",
                "INSERT INTO t VALUES (1)");
        create("s", "SELECT v FROM t");
        database.execute("INSERT INTO t VALUES (2)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("2");
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
