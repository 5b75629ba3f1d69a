package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.oracle.Budget;
import io.pgtrickle.tests.oracle.Kind;
import io.pgtrickle.tests.oracle.Oracle;
import io.pgtrickle.tests.oracle.Tally;
import io.pgtrickle.tests.postgres.TestServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The fixed set of random cases. `bin/fuzz` runs others for as long as one likes.
final class OracleTest {
    private static final long FIRST_SEED = 1;
    private static final int CASES = Integer.getInteger("oracle.cases", 600);
    private static final int IMMEDIATE_CASES = Integer.getInteger("oracle.immediate.cases", 60);

    private static final List<String> COMMON =
            List.of(
                    "CROSS join",
                    "FULL join",
                    "INNER join",
                    "LEFT join",
                    "NATURAL join",
                    "RIGHT join",
                    "USING",
                    "aggregate",
                    "aggregate over aggregate",
                    "aggregate without keys",
                    "distinct",
                    "distinct on",
                    "except",
                    "except all",
                    "exists",
                    "filter",
                    "grouping sets",
                    "having",
                    "intersect",
                    "lateral sub-select",
                    "named window",
                    "nested 3 deep",
                    "nested 4 deep",
                    "recursive",
                    "set-returning target",
                    "stream table over stream table",
                    "sub-select",
                    "top k",
                    "union",
                    "union all",
                    "view",
                    "whole row",
                    "with");
    private static final List<String> RARE =
            List.of(
                    "aggregate glued",
                    "aggregate json_agg",
                    "aggregate mode",
                    "aggregate percentile_cont",
                    "aggregate rank",
                    "aggregate string_agg",
                    "array",
                    "array sub-query",
                    "collation",
                    "composite",
                    "correlated scalar sub-query",
                    "generate_series",
                    "in",
                    "in of several columns",
                    "intersect all",
                    "jsonb",
                    "materialized",
                    "not in",
                    "offset",
                    "range",
                    "recursive union",
                    "recursive union all",
                    "rows from",
                    "scalar sub-query",
                    "unnest",
                    "user function",
                    "values",
                    "window count",
                    "window lag",
                    "window nth_value",
                    "window rank",
                    "window row_number",
                    "window sum",
                    "window top n",
                    "with ties",
                    "xmltable");

    @Test
    void streamTablesEqualTheirQueriesInEveryRandomCase() {
        Oracle oracle = new Oracle(TestServer.shared(), Duration.ofSeconds(60));
        Tally tally =
                oracle.run(
                        List.of(Kind.DIFFERENTIAL),
                        FIRST_SEED,
                        2,
                        3,
                        new Budget(CASES, Duration.ofMinutes(30)));
        assertThat(tally.failures()).as(tally.summary()).isEmpty();
        // What was not run was not tested.
        assertThat(tally.invalid()).hasSizeLessThan(CASES / 20);
        assertThat(tally.passed()).isGreaterThanOrEqualTo(CASES * 19 / 20);
        assertThat(tally.refreshes()).isGreaterThan(CASES / 2);
        assertThat(tally.operators())
                .as("how often each construct occurred")
                .containsKeys(RARE.toArray(String[]::new));
        COMMON.forEach(it ->
                assertThat(tally.operators().getOrDefault(it, 0))
                        .as(it)
                        .isGreaterThan(CASES / 100));
    }

    @Test
    void streamTablesEqualTheirQueriesAfterEveryStatementInEveryRandomCase() {
        Oracle oracle = new Oracle(TestServer.shared(), Duration.ofSeconds(60));
        Tally tally =
                oracle.run(
                        List.of(Kind.IMMEDIATE),
                        FIRST_SEED,
                        2,
                        3,
                        new Budget(IMMEDIATE_CASES, Duration.ofMinutes(30)));
        assertThat(tally.failures()).as(tally.summary()).isEmpty();
        assertThat(tally.passed()).isGreaterThanOrEqualTo(IMMEDIATE_CASES * 19 / 20);
        assertThat(tally.immediate()).isGreaterThan(IMMEDIATE_CASES);
        assertThat(tally.followed()).isGreaterThan(20L * IMMEDIATE_CASES);
        assertThat(tally.operators())
                .containsKeys(
                        "FULL join",
                        "aggregate",
                        "distinct",
                        "exists",
                        "recursive",
                        "stream table over stream table",
                        "top k",
                        "view",
                        "window rank");
    }

    @ParameterizedTest
    @EnumSource
    void aSeedAlwaysMakesTheSameCase(Kind kind) {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(kind.scenario(seed).script()).isEqualTo(kind.scenario(seed).script());
        }
    }
}
