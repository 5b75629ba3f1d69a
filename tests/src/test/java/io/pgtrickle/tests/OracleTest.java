package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.oracle.Budget;
import io.pgtrickle.tests.oracle.Oracle;
import io.pgtrickle.tests.oracle.Tally;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.scenario.ScenarioGenerator;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The fixed set of random cases. `bin/fuzz` runs others for as long as one likes.
final class OracleTest {
    private static final long FIRST_SEED = 1;
    private static final int CASES = Integer.getInteger("oracle.cases", 2200);

    @Test
    void streamTablesEqualTheirQueriesInEveryRandomCase() {
        Oracle oracle = new Oracle(TestServer.shared(), Duration.ofSeconds(60));
        Tally tally = oracle.run(FIRST_SEED, 2, 3, new Budget(CASES, Duration.ofMinutes(30)));
        assertThat(tally.failures()).as(tally.summary()).isEmpty();
        // What was not run was not tested.
        assertThat(tally.invalid()).hasSizeLessThan(CASES / 20);
        assertThat(tally.passed()).isGreaterThanOrEqualTo(CASES * 19 / 20);
        assertThat(tally.refreshes()).isGreaterThan(CASES);
        assertThat(tally.operators())
                .as("how often each operator occurred")
                .allSatisfy((operator, times) ->
                        assertThat(times).as(operator).isGreaterThan(CASES / 100))
                .containsKeys(
                        "filter",
                        "INNER join",
                        "LEFT join",
                        "union all",
                        "aggregate",
                        "aggregate without keys",
                        "having",
                        "distinct",
                        "sub-select",
                        "with",
                        "view",
                        "aggregate over aggregate",
                        "stream table over stream table");
    }

    @Test
    void aSeedAlwaysMakesTheSameCase() {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(ScenarioGenerator.of(seed).script())
                    .isEqualTo(ScenarioGenerator.of(seed).script());
        }
    }
}
