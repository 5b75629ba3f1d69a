package io.pgtrickle.compiler.emit;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.catalog.TypeFacts.Equality;
import io.pgtrickle.compiler.catalog.TypeFacts.Hashing;
import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.delta.Differentiator;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which terms are linear in the rows of the previous round, and by what they look rows up.
final class RecursiveTermTest {
    private static final Relation EDGE =
            new Relation(
                    1,
                    "public",
                    "edge",
                    Relation.Kind.TABLE,
                    List.of(
                            new RelationColumn("src", 1, TypeFacts.BIGINT, Nullability.NULLABLE),
                            new RelationColumn("dst", 2, TypeFacts.BIGINT, Nullability.NULLABLE)),
                    List.of(),
                    Optional.empty(),
                    Optional.empty());
    private static final TypeFacts JSON =
            new TypeFacts("json", Arithmetic.NONE, Equality.ABSENT, Hashing.ABSENT);

    private int columns;

    private List<Column> columns(int count) {
        return IntStream.range(0, count)
                .mapToObj(_ -> new Column("c" + ++columns, TypeFacts.BIGINT, Nullability.NULLABLE))
                .toList();
    }

    private Plan.Scan edge() {
        return new Plan.Scan(EDGE, columns(2), EDGE.columns());
    }

    private Plan.Working round() {
        return new Plan.Working(1, columns(2), List.of(0, 1));
    }

    private static Expr equal(Column left, Column right) {
        return Expr.binary(new Expr.Ref(left.name()), "=", new Expr.Ref(right.name()));
    }

    private static Plan.Join join(Plan.Join.Kind kind, Plan left, Plan right) {
        return new Plan.Join(kind, left, right, equal(left.output().get(1), right.output().get(0)));
    }

    private Plan.Recursive recursive(Plan step) {
        return new Plan.Recursive(1, edge(), step, true, columns(2));
    }

    private boolean linear(Plan step) {
        return RecursiveTerm.isLinear(recursive(step));
    }

    @ParameterizedTest
    @EnumSource
    void theRowsOfTheRoundOnTheLeft(Plan.Join.Kind kind) {
        assertThat(linear(join(kind, round(), edge()))).isEqualTo(kind != Plan.Join.Kind.FULL);
    }

    @ParameterizedTest
    @EnumSource
    void theRowsOfTheRoundOnTheRight(Plan.Join.Kind kind) {
        assertThat(linear(join(kind, edge(), round()))).isEqualTo(kind == Plan.Join.Kind.INNER);
    }

    @ParameterizedTest
    @EnumSource
    void theRowsOfTheRoundOnBothSides(Plan.Join.Kind kind) {
        assertThat(linear(join(kind, round(), round()))).isFalse();
    }

    @Test
    void whatIsReadBesideMayBeAnything() {
        Plan.Scan edges = edge();
        Plan distinct = new Plan.Distinct(edges);
        assertThat(linear(join(Plan.Join.Kind.INNER, distinct, round()))).isTrue();
        assertThat(linear(join(Plan.Join.Kind.ANTI, round(), distinct))).isTrue();
        assertThat(linear(new Plan.Filter(round(), Expr.text("random() < 1")))).isTrue();
    }

    @Test
    void whatLooksAtSeveralRowsOfTheRound() {
        Plan.Working round = round();
        assertThat(linear(new Plan.Distinct(round))).isFalse();
        assertThat(linear(new Plan.Aggregate(round, round.output(), List.of()))).isFalse();
        assertThat(linear(new Plan.UnionAll(List.of(round, edge()), columns(2)))).isFalse();
        assertThat(linear(new Plan.UnionAll(List.of(round), columns(2)))).isTrue();
        assertThat(linear(edge())).isFalse();
    }

    @Test
    void rowsThatCannotBeHashedAreNotLookedUp() {
        Plan.Recursive recursive = recursive(round());
        Column json = new Column("j", JSON, Nullability.NULLABLE);
        assertThat(RecursionSql.strategy(recursive)).isEqualTo(RecursionSql.Strategy.REDERIVED);
        assertThat(
                        RecursionSql.strategy(
                                new Plan.Recursive(1, edge(), round(), false, List.of(json, json))))
                .isEqualTo(RecursionSql.Strategy.RECOMPUTED);
    }

    @Test
    void rowsAreLookedUpByWhatTheTermJoinsThemByAndHandsOn() {
        Plan.Working round = round();
        Plan.Scan edge = edge();
        List<Column> results = columns(2);
        Plan step =
                new Plan.Project(
                        join(Plan.Join.Kind.INNER, round, edge),
                        List.of(
                                new Plan.Assignment(
                                        results.get(0), new Expr.Ref(round.output().get(0).name())),
                                new Plan.Assignment(
                                        results.get(1),
                                        new Expr.Ref(edge.output().get(1).name()))));
        Plan.Recursive recursive = recursive(step);
        assertThat(RecursiveTerm.lookups(recursive))
                .containsExactly(List.of(recursive.output().get(1), recursive.output().get(0)));
        assertThat(RecursiveTerm.lookups(recursive(round()))).isEmpty();
    }

    @Test
    void theChangeOfWhatIsReadBesideIsComputedOnce() {
        Plan.Working round = round();
        Plan beside = new Plan.Filter(edge(), Expr.text("true"));
        Delta change =
                Differentiator.differentiate(
                        join(Plan.Join.Kind.INNER, round, beside), Set.of(EDGE.oid()));
        assertThat(RecursiveTerm.apart(change, 1))
                .containsExactly(Differentiator.differentiate(beside, Set.of(EDGE.oid())));
        assertThat(RecursiveTerm.apart(change, 2)).containsExactly(change);
    }
}
