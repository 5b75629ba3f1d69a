package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.oracle.Shrinker;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.query.QueryGenerator.Repertoire;
import io.pgtrickle.tests.scenario.Scenario;
import io.pgtrickle.tests.scenario.ScenarioGenerator;
import io.pgtrickle.tests.script.Failure;
import io.pgtrickle.tests.script.Outcome;
import io.pgtrickle.tests.script.Script;
import io.pgtrickle.tests.script.ScriptRunner;
import io.pgtrickle.tests.script.ScriptRunner.Tampering;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Shows that the oracle would see wrong maintenance: changes are lost, applied twice or turned
/// round behind the engine's back, once for every operator, and stored rows are changed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OracleMutationTest {
    /// The ways to go wrong.
    private enum Wrong implements Tampering {
        LOST("DELETE FROM %s"),
        TWICE(
                "INSERT INTO %1$s (xid, row_count, truncated, removed, added)"
                        + " SELECT xid, row_count, truncated, removed, added FROM %1$s"),
        TURNED_ROUND("UPDATE %s SET removed = added, added = removed");

        private final String sql;

        Wrong(String sql) {
            this.sql = sql;
        }

        @Override
        public void beforeRefresh(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                for (String buffer : buffers(statement)) {
                    statement.execute(sql.formatted(buffer));
                }
            }
        }

        private static List<String> buffers(Statement statement) throws SQLException {
            List<String> found = new ArrayList<>();
            try (ResultSet rows =
                    statement.executeQuery(
                            "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'pgtrickle_changes'::regnamespace"
                                    + " AND relkind = 'r' AND relname LIKE 'changes%'")) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
            return found;
        }
    }

    private final ScriptRunner runner = new ScriptRunner(TestServer.shared());

    @AfterAll
    void close() {
        runner.close();
    }

    private static Arguments of(String operator, String query, String change) {
        return Arguments.of(operator, query, change);
    }

    static Stream<Arguments> operators() {
        String insert = "INSERT INTO a VALUES (7, 2, 70), (8, 8, 80)";
        return Stream.of(
                of("scan", "SELECT id, k, v FROM a", insert),
                of("filter", "SELECT id, v FROM a WHERE v > 50", insert),
                of(
                        "project",
                        "SELECT CASE WHEN v > 50 THEN 'much' END AS m, id + 1 AS i FROM a",
                        insert),
                of("inner join", "SELECT a.id, b.w FROM a JOIN b ON a.id = b.id", insert),
                of("left join", "SELECT b.id, a.v FROM b LEFT JOIN a ON a.id = b.id", insert),
                of("union all", "SELECT id FROM a UNION ALL SELECT id FROM b", insert),
                of("count", "SELECT k, count(*) AS n, count(v) AS m FROM a GROUP BY k", insert),
                of("sum", "SELECT sum(v) AS total FROM a", insert),
                of("avg", "SELECT avg(v) AS middle FROM a", insert),
                of("max", "SELECT max(v) AS most FROM a", insert),
                of("min", "SELECT min(- v) AS least FROM a", insert),
                of("having", "SELECT k FROM a GROUP BY k HAVING sum(v) > 500", insert),
                of("distinct", "SELECT DISTINCT k FROM a", insert),
                of(
                        "sub-select",
                        "SELECT count(*) AS n FROM (SELECT k, sum(v) AS t FROM a GROUP BY k) x",
                        insert),
                of(
                        "common table",
                        "WITH x AS (SELECT k FROM a) SELECT l.k FROM x l JOIN x r ON l.k = r.k",
                        insert));
    }

    private static Script script(String query, String change) {
        return Script.parse(
                """
                CREATE TABLE a (id int, k int, v numeric);
                CREATE TABLE b (id int, k int, w text);
                INSERT INTO a VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30), (4, NULL, 40);
                INSERT INTO b VALUES (1, 1, 'x'), (3, 2, 'y'), (9, NULL, 'z');
                -- create s
                %s;
                -- check
                INSERT INTO a VALUES (9, 7, 700);
                %s;
                -- refresh
                -- check
                """
                        .formatted(query, change));
    }

    private Failure caught(Script script, Tampering tampering) {
        Outcome outcome = runner.run(script, tampering);
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome).failure();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operators")
    void withoutTamperingNothingIsFound(String operator, String query, String change) {
        assertThat(runner.run(script(query, change)))
                .as(operator)
                .isInstanceOf(Outcome.Passed.class);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operators")
    void aLostChangeIsFound(String operator, String query, String change) {
        Failure failure = caught(script(query, change), Wrong.LOST);
        assertThat(failure.kind()).as(operator).isEqualTo(Failure.Kind.DIFFERENCE);
        assertThat(failure.report()).contains("missing");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("signedOperators")
    void aChangeAppliedTheWrongWayRoundIsFound(String operator, String query, String change) {
        caught(script(query, change), Wrong.TURNED_ROUND);
    }

    /// All but those that recompute when an extremum goes, which puts it right.
    static Stream<Arguments> signedOperators() {
        return operators().filter(it -> !List.<Object>of("max", "min").contains(it.get()[0]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("multisetOperators")
    void aChangeAppliedTwiceIsFound(String operator, String query, String change) {
        Failure failure = caught(script(query, change), Wrong.TWICE);
        assertThat(failure.kind()).as(operator).isEqualTo(Failure.Kind.DIFFERENCE);
    }

    /// Those whose result shows how often a row is there.
    static Stream<Arguments> multisetOperators() {
        List<String> sets = List.of("max", "min", "distinct", "having", "avg", "sub-select");
        return Stream.concat(
                operators().filter(it -> !sets.contains(it.get()[0])),
                Stream.of(
                        of(
                                "avg",
                                "SELECT avg(v) AS middle FROM a",
                                "INSERT INTO a VALUES (7, 2, -70)")));
    }

    @Test
    void aStoredRowThatSomebodyDeletedIsFound() {
        Failure failure =
                caught(
                        script("SELECT id, k FROM a", "INSERT INTO a VALUES (5, 5, 5)"),
                        storage("DELETE FROM s WHERE id = 1"));
        assertThat(failure.kind()).isEqualTo(Failure.Kind.DIFFERENCE);
        assertThat(failure.report()).contains("missing x1: (1,1)");
    }

    @Test
    void aStoredRowThatSomebodyChangedIsFound() {
        Failure failure =
                caught(
                        script(
                                "SELECT k, sum(v) AS total FROM a GROUP BY k",
                                "INSERT INTO a VALUES (5, 5, 5)"),
                        storage("UPDATE s SET total = total + 1 WHERE k = 2"));
        assertThat(failure.kind()).isEqualTo(Failure.Kind.DIFFERENCE);
        assertThat(failure.report())
                .contains("missing x1: (2,30)")
                .contains("unexpected x1: (2,31)");
    }

    @Test
    void aDifferenceOfTheImageAloneIsFoundWhereItIsDetermined() {
        String text = script("SELECT id, v FROM a", "INSERT INTO a VALUES (5, 5, 5)").text();
        Script exact = Script.parse(text.replace("-- create", "-- exactly 2\n-- create"));
        Tampering scale = storage("UPDATE s SET v = v::numeric(20,3) WHERE id = 1");
        assertThat(caught(exact, scale).kind()).isEqualTo(Failure.Kind.DIFFERENCE);
        assertThat(runner.run(Script.parse(text), scale)).isInstanceOf(Outcome.Passed.class);
    }

    private static Tampering storage(String sql) {
        return connection -> {
            try (Statement statement = connection.createStatement()) {
                // Somebody who owns the table can go so far.
                statement.execute("ALTER TABLE s DISABLE TRIGGER pgt_dml_guard");
                statement.execute(sql);
                statement.execute("ALTER TABLE s ENABLE TRIGGER pgt_dml_guard");
            }
        };
    }

    @Test
    void mostRandomCasesSeeALostChangeAndShrinkToAFewLines() {
        int found = 0;
        int cases = 40;
        for (long seed = 500; seed < 500 + cases; seed++) {
            Outcome outcome =
                    runner.run(ScenarioGenerator.of(seed, Repertoire.BASIC).script(), Wrong.LOST);
            found += outcome instanceof Outcome.Failed ? 1 : 0;
        }
        assertThat(found).isGreaterThan(cases / 2);
    }

    @Test
    void aFailingCaseShrinks() {
        for (long seed = 500; ; seed++) {
            Scenario scenario = ScenarioGenerator.of(seed, Repertoire.BASIC);
            if (fails(scenario) && scenario.script().commands().size() > 15) {
                Scenario smallest =
                        new Shrinker(this::fails, Duration.ofSeconds(20)).shrink(scenario);
                assertThat(smallest.script().commands())
                        .hasSizeLessThan(scenario.script().commands().size())
                        .hasSizeLessThan(12);
                assertThat(fails(smallest)).isTrue();
                return;
            }
        }
    }

    private boolean fails(Scenario scenario) {
        return runner.run(scenario.script(), Wrong.LOST) instanceof Outcome.Failed(Failure failure)
                && failure.kind() == Failure.Kind.DIFFERENCE;
    }
}
