package io.pgtrickle.compiler.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.plan.Plan.Join.Kind;
import io.pgtrickle.compiler.plan.Plan.SortKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Joins, expansions, windows, limits and recursions mean what PostgreSQL says they mean. The
/// expectations of windows and limits were read off a PostgreSQL.
class OperatorsTest {
    private static final Column K = column("k");
    private static final Column V = column("v");
    private static final Plan.Scan SCAN = scan(1, K, V);
    private static final Plan.Scan OTHER = scan(2, column("k2"), column("v2"));
    private static final Expr SAME_KEY = Expr.binary(ref("k"), "=", ref("k2"));

    /// Two rows tie in `v`, one has none.
    private static final ZSet ROWS =
            ZSet.of(Row.of(1L, 10L), Row.of(2L, 10L), Row.of(3L, 20L), Row.of(4L, null));

    @Test
    void aFullJoinExtendsTheRowsOfBothSides() {
        assertThat(
                        evaluate(
                                join(Kind.FULL, SAME_KEY),
                                ZSet.of(Row.of(1L, 1L), Row.of(null, 2L)),
                                ZSet.of(Row.of(1L, 3L), Row.of(null, 4L), Row.of(null, 4L))))
                .isEqualTo(
                        ZSet.of(
                                Row.of(1L, 1L, 1L, 3L),
                                Row.of(null, 2L, null, null),
                                Row.of(null, null, null, 4L),
                                Row.of(null, null, null, 4L)));
    }

    @Test
    void aSemiJoinHasARowOnceForAllItsPartners() {
        ZSet left = ZSet.of(Row.of(1L, 1L), Row.of(1L, 1L), Row.of(2L, 2L), Row.of(null, 3L));
        ZSet right = ZSet.of(Row.of(1L, 7L), Row.of(1L, 8L), Row.of(null, 9L));

        assertThat(evaluate(join(Kind.SEMI, SAME_KEY), left, right))
                .isEqualTo(ZSet.of(Row.of(1L, 1L), Row.of(1L, 1L)));
        assertThat(evaluate(join(Kind.ANTI, SAME_KEY), left, right))
                .isEqualTo(ZSet.of(Row.of(2L, 2L), Row.of(null, 3L)));
    }

    /// `k NOT IN (SELECT k2 ...)`.
    @Test
    void oneUnknownPartnerIsEnoughForNotIn() {
        Plan notIn = join(Kind.ANTI, Expr.around("", SAME_KEY, " IS NOT FALSE"));
        ZSet left = ZSet.of(Row.of(1L, 1L), Row.of(null, 2L));

        assertThat(evaluate(notIn, left, ZSet.of(Row.of(2L, 0L))))
                .isEqualTo(ZSet.of(Row.of(1L, 1L)));
        assertThat(evaluate(notIn, left, ZSet.of(Row.of(null, 0L)))).isEqualTo(ZSet.empty());
        assertThat(evaluate(notIn, left, ZSet.empty())).isEqualTo(left);
    }

    @Test
    void anExpansionKeepsWhatGivesNothingOnlyAsALeftJoin() {
        ZSet rows = ZSet.of(Row.of(2L, 0L), Row.of(0L, 0L), Row.of(null, 0L));
        Expr series =
                new Expr.Template(
                        List.of("generate_series(", ", ", ")"), List.of(Expr.text("1"), ref("k")));
        ZSet pairs = ZSet.of(Row.of(2L, 0L, 1L), Row.of(2L, 0L, 2L));
        ZSet rest = ZSet.of(Row.of(0L, 0L, null), Row.of(null, 0L, null));

        assertThat(evaluate(expand(Kind.INNER, series, Expr.always()), rows)).isEqualTo(pairs);
        assertThat(evaluate(expand(Kind.LEFT, series, Expr.always()), rows))
                .isEqualTo(pairs.plus(rest));
        assertThat(
                        evaluate(
                                expand(
                                        Kind.LEFT,
                                        series,
                                        Expr.binary(ref("e"), ">", Expr.text("1"))),
                                rows))
                .isEqualTo(rest.plus(ZSet.of(Row.of(2L, 0L, 2L))));
    }

    @Test
    void aggregatesWithoutARuleReadTheRowsThatTheFilterLetsPass() {
        Column flag = new Column("flag", TypeFacts.BOOLEAN, Nullability.NULLABLE);
        Plan flagged =
                new Plan.Project(
                        SCAN,
                        List.of(
                                new Assignment(column("v"), ref("v")),
                                new Assignment(flag, Expr.binary(ref("k"), "<", Expr.text("4")))));
        Plan aggregate =
                new Plan.Aggregate(
                        flagged,
                        List.of(),
                        Stream.of("count(DISTINCT ", "array_agg(")
                                .map(call ->
                                        new Plan.AggregateCall(
                                                column(call),
                                                AggregateFunction.OTHER,
                                                Optional.empty(),
                                                Optional.of(flag),
                                                Optional.of(Expr.around(call, ref("v"), ")"))))
                                .toList());

        assertThat(evaluate(aggregate, ROWS)).isEqualTo(ZSet.of(Row.of(2L, "[10, 10, 20]")));
        assertThat(evaluate(aggregate, ZSet.empty())).isEqualTo(ZSet.of(Row.of(0L, null)));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            delimiter = '|',
            value = {
                "row_number()  | 1 | 2 | 3 | 4",
                "rank()        | 1 | 1 | 3 | 4",
                "dense_rank()  | 1 | 1 | 2 | 3",
                "count(*)      | 2 | 2 | 3 | 4",
                "sum(k)        | 3 | 3 | 6 | 10",
                "lag(k)        | - | 1 | 2 | 3",
                "lead(k)       | 2 | 3 | 4 | -",
                "first_value(k)| 1 | 1 | 1 | 1",
                "last_value(k) | 2 | 2 | 3 | 4",
            })
    void withoutAFrameAWindowReachesToTheLastPeer(
            String call, Long first, Long second, Long third, Long fourth) {
        assertThat(evaluate(window(Optional.empty(), call), ROWS))
                .isEqualTo(windowed(first, second, third, fourth));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            delimiter = '|',
            value = {
                "ROWS UNBOUNDED PRECEDING                         | 1 | 3 | 6 | 10",
                "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING         | 3 | 6 | 9 | 7",
                "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING | - | 1 | 3 | 6",
                "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING | 10 | 10 | 10 | 10",
            })
    void aFrameCountsRows(String frame, Long first, Long second, Long third, Long fourth) {
        assertThat(evaluate(window(Optional.of(Expr.text(frame)), "sum(k)"), ROWS))
                .isEqualTo(windowed(first, second, third, fourth));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "'', 1, -, false, 1",
                "'', 1, -, true, 1 2",
                "'', 2, 1, false, 2 3",
                "'', -, 1, false, 2 3 4",
                "'', 0, -, true, ''",
                "'', 0, 1, true, ''",
                "DESC, 1, -, false, 4",
                "DESC NULLS LAST, 1, -, true, 3",
                "DESC NULLS LAST, 2, -, true, 3 1 2",
                "NULLS FIRST, 1, -, false, 4",
                "'', 9, 9, true, ''",
            })
    void aLimitTakesTheFirstRows(
            String direction, String count, String offset, boolean ties, String keys) {
        Plan limit =
                new Plan.Limit(
                        SCAN,
                        List.of(),
                        List.of(new SortKey(V, direction)),
                        Optional.ofNullable(count).map(Expr::text),
                        Optional.ofNullable(offset).map(Expr::text),
                        ties);
        List<String> wanted = List.of(keys.split(" "));

        assertThat(evaluate(limit, ROWS))
                .isEqualTo(ROWS.filter(row -> wanted.contains(String.valueOf(row.get(0)))));
    }

    @Test
    void aLimitTakesTheFirstRowsOfEachPartition() {
        Plan limit =
                new Plan.Limit(
                        SCAN,
                        List.of(K),
                        List.of(new SortKey(V, "DESC")),
                        Optional.of(Expr.text("1")),
                        Optional.empty(),
                        false);

        assertThat(
                        evaluate(
                                limit,
                                ZSet.of(
                                        Row.of(null, 1L),
                                        Row.of(null, 2L),
                                        Row.of(1L, 5L),
                                        Row.of(1L, 5L))))
                .isEqualTo(ZSet.of(Row.of(null, 2L), Row.of(1L, 5L)));
    }

    /// The edges lead from `k` to `v`, in a circle.
    @Test
    void aUnionEndsWhenNoRowIsNew() {
        ZSet circle = ZSet.of(Row.of(1L, 2L), Row.of(2L, 3L), Row.of(3L, 1L), Row.of(7L, 8L));
        Plan.Working working = new Plan.Working(5, List.of(column("w")), List.of(0));
        Plan step =
                only(
                        "next",
                        "v2",
                        new Plan.Join(
                                Kind.INNER, working, OTHER, Expr.binary(ref("w"), "=", ref("k2"))));
        Plan first = only("start", "k", new Plan.Filter(SCAN, is("k", "1")));
        Plan recursion = new Plan.Recursive(5, first, step, true, List.of(column("n")));

        assertThat(evaluate(recursion, circle, circle))
                .isEqualTo(ZSet.of(Row.of(1L), Row.of(2L), Row.of(3L)));
        Plan endless = new Plan.Recursive(5, first, step, false, List.of(column("n")));
        assertThatThrownBy(() -> evaluate(endless, circle, circle))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aUnionAllKeepsARowForEveryWayThatLeadsToIt() {
        ZSet diamond = ZSet.of(Row.of(1L, 2L), Row.of(1L, 3L), Row.of(2L, 4L), Row.of(3L, 4L));
        Plan.Working working = new Plan.Working(5, List.of(column("w")), List.of(0));
        Plan step =
                only(
                        "next",
                        "v2",
                        new Plan.Join(
                                Kind.INNER, working, OTHER, Expr.binary(ref("w"), "=", ref("k2"))));
        Plan first = new Plan.Constant(List.of(new Assignment(column("s"), Expr.text("1"))));
        Plan recursion = new Plan.Recursive(5, first, step, false, List.of(column("n")));

        assertThat(evaluate(recursion, diamond, diamond))
                .isEqualTo(ZSet.of(Row.of(1L), Row.of(2L), Row.of(3L), Row.of(4L), Row.of(4L)));
    }

    private static ZSet windowed(Long first, Long second, Long third, Long fourth) {
        return ZSet.of(
                Row.of(1L, 10L, first),
                Row.of(2L, 10L, second),
                Row.of(3L, 20L, third),
                Row.of(4L, null, fourth));
    }

    /// The call with its column as a hole.
    private static Plan window(Optional<Expr> frame, String call) {
        Expr expr =
                call.contains("(k)")
                        ? Expr.around(call.substring(0, call.indexOf('(') + 1), ref("k"), ")")
                        : Expr.text(call);
        return new Plan.Window(
                SCAN,
                List.of(),
                List.of(new SortKey(V, "")),
                frame,
                List.of(new Assignment(column("result"), expr)));
    }

    private static Plan expand(Kind kind, Expr item, Expr condition) {
        return new Plan.Expand(SCAN, kind, item, List.of(column("e")), condition);
    }

    private static Plan only(String name, String column, Plan input) {
        return new Plan.Project(input, List.of(new Assignment(column(name), ref(column))));
    }

    private static Expr is(String column, String value) {
        return Expr.binary(ref(column), "=", Expr.text(value));
    }

    private static ZSet evaluate(Plan plan, ZSet rows) {
        return evaluate(plan, rows, ZSet.empty());
    }

    private static ZSet evaluate(Plan plan, ZSet rows, ZSet others) {
        return Evaluator.evaluate(plan, Map.of(1L, rows, 2L, others));
    }

    private static Plan join(Kind kind, Expr condition) {
        return new Plan.Join(kind, SCAN, OTHER, condition);
    }

    private static Expr ref(String column) {
        return new Expr.Ref(column);
    }

    private static Column column(String name) {
        return new Column(name, TypeFacts.BIGINT, Nullability.NULLABLE);
    }

    private static Plan.Scan scan(long oid, Column... columns) {
        List<RelationColumn> sources =
                Stream.of("a", "b")
                        .map(name ->
                                new RelationColumn(
                                        name,
                                        name.equals("a") ? 1 : 2,
                                        TypeFacts.BIGINT,
                                        Nullability.NULLABLE))
                        .toList();
        Relation relation =
                new Relation(
                        oid,
                        "public",
                        "r" + oid,
                        Relation.Kind.TABLE,
                        sources,
                        List.of(),
                        Optional.empty(),
                        Optional.empty());
        return new Plan.Scan(relation, List.of(columns), sources);
    }
}
