package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.Explanation;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Queries as only programs write them end in a stream table or in a clear refusal, soon.
final class HostileQueriesTest extends DatabaseTest {
    /// Far more than any takes on an idle machine; what grows exponentially takes hours.
    private static final Duration BOUND = Duration.ofSeconds(60);

    private static final String TOO_COMPLEX = "54000";

    /// @param state the SQLSTATE of the refusal in mode DIFFERENTIAL, empty when there is none
    private record Hostile(String name, String state, String query) {}

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int, w text)",
                "CREATE INDEX ON t (v)",
                "INSERT INTO t SELECT i, i, 'x' FROM generate_series(1, 20) AS i",
                "CREATE TABLE wide (" + list(1000, ", ", i -> "c" + i + " int") + ")",
                "INSERT INTO wide (c0) VALUES (1), (2)");
    }

    private static String list(int size, String separator, IntFunction<String> element) {
        return IntStream.range(0, size).mapToObj(element).collect(Collectors.joining(separator));
    }

    private static String joins(int size, String kind) {
        return "SELECT t0.id FROM t AS t0"
                + list(
                        size - 1,
                        "",
                        i ->
                                " %1$s JOIN t AS t%3$d ON t%3$d.id = t%2$d.v"
                                        .formatted(kind, i, i + 1));
    }

    /// A query around a query, many times.
    private static String nested(int depth, String innermost, String around) {
        String query = innermost;
        for (int i = 0; i < depth; i++) {
            query = around.formatted(query, i, i + 1);
        }
        return query;
    }

    private static Stream<Hostile> queries() {
        String rows = "SELECT id, v FROM t";
        return Stream.of(
                new Hostile("20 joins", "", joins(20, "INNER")),
                new Hostile("200 joins", TOO_COMPLEX, joins(200, "INNER")),
                new Hostile("200 left joins", TOO_COMPLEX, joins(200, "LEFT")),
                new Hostile("20 full joins", "", joins(20, "FULL")),
                new Hostile(
                        "5,000 elements",
                        "",
                        "SELECT id FROM t WHERE v IN (" + list(5000, ", ", String::valueOf) + ")"),
                new Hostile(
                        "5,000 conditions",
                        "",
                        "SELECT id FROM t WHERE "
                                + list(5000, " OR ", i -> "v = %1$d AND id <> %1$d".formatted(i))),
                new Hostile(
                        "30 EXISTS",
                        "",
                        "SELECT id FROM t WHERE "
                                + list(
                                        30,
                                        " AND ",
                                        i -> "EXISTS (SELECT FROM t AS s WHERE s.v = t.id)")),
                new Hostile(
                        "100 EXISTS under OR",
                        TOO_COMPLEX,
                        "SELECT id FROM t WHERE "
                                + list(
                                        100,
                                        " OR ",
                                        i -> "EXISTS (SELECT FROM t AS s WHERE s.v = t.id)")),
                new Hostile(
                        "100 scalar sub-queries",
                        TOO_COMPLEX,
                        "SELECT id, "
                                + list(
                                        100,
                                        ", ",
                                        i ->
                                                "(SELECT sum(v) FROM t AS s WHERE s.v = t.id) AS s"
                                                        + i)
                                + " FROM t"),
                new Hostile(
                        "100 sub-selects deep",
                        "",
                        nested(100, rows, "SELECT id, v + 1 AS v FROM (%s) AS x")),
                new Hostile(
                        "100 groups deep",
                        "",
                        nested(
                                100,
                                rows,
                                "SELECT id, count(*)::int AS v FROM (%s) AS x GROUP BY id")),
                new Hostile(
                        "100 windows deep",
                        TOO_COMPLEX,
                        nested(
                                100,
                                rows,
                                "SELECT id, row_number() OVER (PARTITION BY id ORDER BY v)::int AS v"
                                        + " FROM (%s) AS x")),
                new Hostile(
                        "100 IN deep",
                        TOO_COMPLEX,
                        nested(
                                100,
                                "SELECT id FROM t",
                                "SELECT id FROM t AS y%2$d WHERE v IN (%1$s)")),
                new Hostile(
                        "100 expressions deep",
                        "",
                        "SELECT id, " + nested(100, "v", "(%s + 1)") + " AS v FROM t"),
                new Hostile(
                        "100 calls deep",
                        "",
                        "SELECT id, " + nested(100, "v", "abs(%s)") + " AS v FROM t"),
                new Hostile(
                        "1,000 expressions deep",
                        TOO_COMPLEX,
                        "SELECT id, " + nested(1000, "v", "(%s + 1)") + " AS v FROM t"),
                new Hostile(
                        "5,000 expressions deep",
                        "54001",
                        "SELECT id, " + nested(5000, "v", "(%s + 1)") + " AS v FROM t"),
                new Hostile(
                        "a cube of 10 columns",
                        "0A000",
                        "SELECT count(*) AS n FROM wide GROUP BY CUBE ("
                                + list(10, ", ", i -> "c" + i)
                                + ")"),
                new Hostile(
                        "a cube of 20 columns",
                        "54011",
                        "SELECT count(*) AS n FROM wide GROUP BY CUBE ("
                                + list(20, ", ", i -> "c" + i)
                                + ")"),
                new Hostile(
                        "100 branches of UNION",
                        "",
                        list(100, " UNION ", i -> rows + " WHERE v > " + i)),
                new Hostile(
                        "100 branches of EXCEPT",
                        "",
                        list(100, " EXCEPT ", i -> rows + " WHERE v > " + (100 - i))),
                new Hostile("1,000 columns", "", "SELECT * FROM wide"),
                new Hostile(
                        "1,000 columns of a join",
                        "",
                        "SELECT wide.* FROM wide JOIN t ON t.id = wide.c0"),
                new Hostile("1,000 columns of DISTINCT", "", "SELECT DISTINCT * FROM wide"),
                new Hostile(
                        "a million copies of a table",
                        TOO_COMPLEX,
                        "WITH g0 AS ("
                                + rows
                                + ")"
                                + list(
                                        20,
                                        "",
                                        i ->
                                                ", g%2$d AS (SELECT a.id, b.v FROM g%1$d AS a JOIN g%1$d AS b ON a.id = b.v)"
                                                        .formatted(i, i + 1))
                                + " SELECT id, v FROM g20"));
    }

    @TestFactory
    Stream<DynamicTest> aQueryEndsInAStreamTableOrAClearRefusal() {
        return queries().map(hostile -> dynamicTest(hostile.name(), () -> requireEnd(hostile)));
    }

    private void requireEnd(Hostile hostile) {
        long startedAt = System.nanoTime();
        if (hostile.state().isEmpty()) {
            create("s", hostile.query());
            database.execute(
                    "UPDATE t SET v = v + 1 WHERE id < 4",
                    "DELETE FROM t WHERE id = 20",
                    "INSERT INTO t VALUES (20, 3, 'y')",
                    "UPDATE wide SET c1 = coalesce(c1, 0) + 1 WHERE c0 = 1");
            refresh("s");
            assertFresh("s", hostile.query());
            tables.drop("s", DropBehavior.RESTRICT);
        } else {
            assertThat(refusal(hostile.query()).sqlState()).isEqualTo(hostile.state());
        }
        assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isLessThan(BOUND);
    }

    private PgTrickleException refusal(String query) {
        PgTrickleException refusal =
                catchThrowableOfType(PgTrickleException.class, () -> create("s", query));
        assertThat(refusal).as("refusal").isNotNull();
        assertThat(refusal.getMessage()).isNotBlank();
        return refusal;
    }

    @Test
    void whatIsTooComplexIsRecomputedInModeAuto() {
        String query = joins(50, "INNER");
        Explanation explanation = tables.validate(query);
        assertThat(explanation.mode()).isEqualTo(RefreshMode.FULL);
        assertThat(explanation.reason().orElseThrow()).startsWith("size of the refresh statement");
        tables.create(StreamTableDefinition.of("s", query));
        database.execute("UPDATE t SET v = v + 1 WHERE id < 4");
        refresh("s");
        assertFresh("s", query);
        tables.drop("s", DropBehavior.RESTRICT);
        PgTrickleException refused = refusal(query);
        assertThat(refused.sqlState()).isEqualTo(TOO_COMPLEX);
        assertThat(refused.detail()).isPresent();
        assertThat(refused.hint().orElseThrow()).contains("parts of the query");
    }
}
