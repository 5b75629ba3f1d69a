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
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the operators mean is what SQL says they mean.
class EvaluatorTest {
    private static final List<RelationColumn> SOURCES =
            Stream.of("k", "v")
                    .map(name ->
                            new RelationColumn(
                                    name,
                                    name.equals("k") ? 1 : 2,
                                    TypeFacts.ANY_NUMERIC,
                                    Nullability.NULLABLE))
                    .toList();
    private static final Relation RELATION =
            new Relation(
                    1,
                    "public",
                    "r",
                    Relation.Kind.TABLE,
                    SOURCES,
                    List.of(),
                    Optional.empty(),
                    Optional.empty());
    private static final AggregateFunction[] RULED = {
        AggregateFunction.COUNT_ROWS,
        AggregateFunction.COUNT,
        AggregateFunction.SUM,
        AggregateFunction.AVG,
        AggregateFunction.MIN,
        AggregateFunction.MAX
    };
    private static final Plan.Scan SCAN = scan("k", "v");
    private static final Plan.Scan OTHER = scan("k2", "v2");

    @Test
    void nullIsAGroupAndNotAggregated() {
        ZSet rows =
                ZSet.of(
                        Row.of(null, 1L),
                        Row.of(null, null),
                        Row.of(1L, null),
                        Row.of(2L, 5L),
                        Row.of(2L, 5L));

        assertThat(evaluate(aggregate(List.of(column("k")), RULED), rows))
                .isEqualTo(
                        ZSet.of(
                                Row.of(null, 2L, 1L, 1L, Fraction.of(1), 1L, 1L),
                                Row.of(1L, 1L, 0L, null, null, null, null),
                                Row.of(2L, 2L, 2L, 10L, Fraction.of(5), 5L, 5L)));
    }

    @Test
    void aGlobalAggregateOfNothingIsOneRow() {
        assertThat(evaluate(aggregate(List.of(), RULED), ZSet.empty()))
                .isEqualTo(ZSet.of(Row.of(0L, 0L, null, null, null, null)));
        assertThat(evaluate(aggregate(List.of(column("k")), AggregateFunction.COUNT), ZSet.empty()))
                .isEqualTo(ZSet.empty());
    }

    @Test
    void equalImagesAreOneGroupThatShowsOneOfThem() {
        Row shorter = Row.of(new BigDecimal("1.0"), null);
        Row longer = Row.of(new BigDecimal("1.00"), null);

        assertThat(evaluate(new Plan.Distinct(SCAN), ZSet.of(longer, shorter)))
                .isEqualTo(ZSet.of(shorter));
        assertThat(evaluate(new Plan.Distinct(SCAN), ZSet.of(longer))).isEqualTo(ZSet.of(longer));
    }

    @Test
    void nullMeetsNullUnderDistinctButNotInAJoin() {
        ZSet rows = ZSet.of(Row.of(null, null), Row.of(null, null), Row.of(1L, 2L));

        assertThat(evaluate(new Plan.Distinct(SCAN), rows)).isEqualTo(rows.distinct());
        assertThat(evaluate(join(Plan.Join.Kind.INNER, "k", "="), rows))
                .isEqualTo(ZSet.of(Row.of(1L, 2L, 1L, 2L)));
    }

    @Test
    void aLeftJoinExtendsWhatHasNoPartner() {
        ZSet rows = ZSet.of(Row.of(null, 7L), Row.of(null, 7L), Row.of(1L, 1L));

        assertThat(evaluate(join(Plan.Join.Kind.LEFT, "k", "="), rows))
                .isEqualTo(
                        ZSet.of(
                                Row.of(null, 7L, null, null),
                                Row.of(null, 7L, null, null),
                                Row.of(1L, 1L, 1L, 1L)));
    }

    @Test
    void duplicatesMultiplyInAJoin() {
        assertThat(
                        evaluate(
                                        join(Plan.Join.Kind.INNER, "k", "="),
                                        ZSet.of(Row.of(1L, 1L), Row.of(1L, 1L)))
                                .weight(Row.of(1L, 1L, 1L, 1L)))
                .isEqualTo(4);
    }

    @Test
    void unknownDoesNotPassAFilter() {
        Expr positive =
                Expr.binary(new Expr.Ref("v"), ">", new Expr.Template(List.of("0"), List.of()));
        ZSet rows = ZSet.of(Row.of(1L, null), Row.of(2L, 0L), Row.of(3L, 1L));

        assertThat(evaluate(new Plan.Filter(SCAN, positive), rows))
                .isEqualTo(ZSet.of(Row.of(3L, 1L)));
    }

    @Test
    void aStateHasNoNegativeWeights() {
        assertThatThrownBy(() -> evaluate(SCAN, ZSet.of(Row.of(1L, 1L)).negate()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("public.r");
        assertThatThrownBy(() -> Evaluator.evaluate(SCAN, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("public.r");
    }

    private static ZSet evaluate(Plan plan, ZSet rows) {
        return Evaluator.evaluate(plan, Map.of(1L, rows));
    }

    private static Plan join(Plan.Join.Kind kind, String column, String operator) {
        return new Plan.Join(
                kind,
                SCAN,
                OTHER,
                Expr.binary(new Expr.Ref(column), operator, new Expr.Ref(column + "2")));
    }

    private static Plan aggregate(List<Column> keys, AggregateFunction... functions) {
        List<Plan.AggregateCall> calls =
                Stream.of(functions)
                        .map(function ->
                                new Plan.AggregateCall(
                                        column(function.name()),
                                        function,
                                        function == AggregateFunction.COUNT_ROWS
                                                ? Optional.empty()
                                                : Optional.of(column("v")),
                                        Optional.empty()))
                        .toList();
        return new Plan.Aggregate(SCAN, keys, calls);
    }

    private static Plan.Scan scan(String... names) {
        return new Plan.Scan(
                RELATION, Stream.of(names).map(EvaluatorTest::column).toList(), SOURCES);
    }

    private static Column column(String name) {
        return new Column(name, TypeFacts.ANY_NUMERIC, Nullability.NULLABLE);
    }
}
