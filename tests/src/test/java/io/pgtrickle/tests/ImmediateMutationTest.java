package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.scenario.ImmediateScenario;
import io.pgtrickle.tests.script.Failure;
import io.pgtrickle.tests.script.Outcome;
import io.pgtrickle.tests.script.Script;
import io.pgtrickle.tests.script.ScriptRunner;
import io.pgtrickle.tests.script.ScriptRunner.Tampering;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Shows that the oracle would see stream tables that do not follow within the writing transaction
/// as they should: what the statements' ends do is changed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ImmediateMutationTest {
    /// The ways to go wrong, each with statements that show it.
    enum Lapse implements Tampering {
        NOTHING_IS_APPLIED(
                "flush",
                "IF number > 32",
                "IF true THEN RETURN true; END IF; IF number > 32",
                "INSERT INTO a VALUES (7, 7)"),
        WHAT_IS_APPLIED_IS_APPLIED_AGAIN(
                "statement_ends",
                "coalesce(marks[i], latest.since)",
                "0::bigint",
                "BEGIN;\nINSERT INTO a VALUES (7, 7);\nINSERT INTO a VALUES (8, 8)"),
        INNER_STATEMENTS_ARE_TAKEN_FOR_OUTER_ONES(
                "statement_begins",
                "latest.depth = 0 OR",
                "true OR",
                "WITH x AS (INSERT INTO a VALUES (7, 7)) INSERT INTO b VALUES (7, 'x')"),
        WHAT_IS_APPLIED_AT_ONCE_IS_CAPTURED_AS_WELL(
                "capture_[0-9]+_ins",
                "IF pgt_done THEN",
                "IF false THEN",
                "INSERT INTO c VALUES (9, 2)"),
        WHAT_HAS_ENDED_AT_ONCE_IS_TAKEN_FOR_OPEN(
                "statement_begins",
                "latest.change_id <= currval",
                "latest.change_id < currval",
                "BEGIN;\nINSERT INTO c VALUES (9, 2);\nINSERT INTO c VALUES (10, 7)"),
        A_TRUNCATION_IS_NO_CHANGE(
                "flush_[0-9]+",
                "THEN result := pgtrickle_changes.recompute",
                "AND false THEN result := pgtrickle_changes.recompute",
                "TRUNCATE a");

        private final String function;
        private final String right;
        private final String wrong;
        private final String statements;

        Lapse(String function, String right, String wrong, String statements) {
            this.function = function;
            this.right = right;
            this.wrong = wrong;
            this.statements = statements;
        }

        @Override
        public void beforeRefresh(Connection connection) {}

        @Override
        public void afterCreation(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(
                        """
                        DO $change$
                        DECLARE
                            definition text;
                        BEGIN
                            FOR definition IN SELECT pg_get_functiondef(p.oid) FROM pg_proc p
                                WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname ~ '^%1$s$'
                            LOOP
                                IF position('%3$s' IN definition) = 0 THEN
                                    EXECUTE replace(definition, '%2$s', '%3$s');
                                END IF;
                            END LOOP;
                        END
                        $change$
                        """
                                .formatted(function, right, wrong));
            }
        }

        @Override
        public boolean lasts() {
            return true;
        }

        Script script() {
            return Script.parse(
                    """
                    CREATE TABLE a (id int PRIMARY KEY, k int);
                    CREATE TABLE b (id int, w text);
                    CREATE TABLE c (id int PRIMARY KEY, k int);
                    INSERT INTO a VALUES (1, 1), (2, 1), (3, NULL);
                    INSERT INTO b VALUES (1, 'x'), (3, 'y');
                    INSERT INTO c VALUES (1, 1), (2, 2);
                    -- create s immediate
                    SELECT a.id, k, w FROM a LEFT JOIN b ON a.id = b.id;
                    -- create t immediate
                    SELECT k, count(*) AS n FROM s GROUP BY k;
                    -- create g immediate
                    SELECT k, count(*) AS n FROM c GROUP BY k;
                    -- check
                    %s;
                    """
                            .formatted(statements));
        }
    }

    private final ScriptRunner runner = new ScriptRunner(TestServer.shared());

    @AfterAll
    void close() {
        runner.close();
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheLapseNothingIsFound(Lapse lapse) {
        assertThat(runner.run(lapse.script())).isInstanceOf(Outcome.Passed.class);
    }

    @ParameterizedTest
    @EnumSource
    void aLapseIsFound(Lapse lapse) {
        assertThat(runner.run(lapse.script(), lapse))
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        it ->
                                assertThat(it.failure().kind())
                                        .isIn(Failure.Kind.DIFFERENCE, Failure.Kind.CAPTURE_ERROR));
    }

    @Test
    void mostRandomCasesSeeALapse() {
        int found = 0;
        int cases = 6;
        for (long seed = 500; seed < 500 + cases; seed++) {
            Script script = ImmediateScenario.of(seed).script();
            found += runner.run(script, Lapse.NOTHING_IS_APPLIED) instanceof Outcome.Failed ? 1 : 0;
        }
        assertThat(found).isGreaterThan(cases / 2);
    }
}
