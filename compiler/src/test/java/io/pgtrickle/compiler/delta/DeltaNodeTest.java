package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.model.DeltaEvaluator;
import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Plan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each node alone, over scans, equals the general rule: the operator on the new state less the
/// operator on the old.
class DeltaNodeTest {
    private static final int CASES = 500;

    @ParameterizedTest
    @EnumSource
    void theDeltaOfASingleOperatorEqualsTheGeneralRule(Operator operator) {
        for (long seed = 1; seed <= CASES; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Plan plan = single(operator, new RandomPlans(random));
            LawCase it = LawCase.of(plan, random);

            assertThat(Law.broken(it, DeltaRule.DIFFERENTIATOR))
                    .as("seed %d, %s", seed, it)
                    .isEmpty();
        }
    }

    @Test
    void aChangeTimesTheNewStateIsWhatTheLeftSideDid() {
        forEachJoin(
                join -> new Delta.Product(left(join), new Side.Now(join.right()), join.condition()),
                it -> it.inner(1, 1).minus(it.inner(0, 1)));
    }

    @Test
    void theNewStateTimesAChangeIsWhatTheRightSideDid() {
        forEachJoin(
                join -> new Delta.Product(new Side.Now(join.left()), right(join), join.condition()),
                it -> it.inner(1, 1).minus(it.inner(1, 0)));
    }

    @Test
    void aChangeTimesAChangeIsWhatOnlyBothSidesDid() {
        forEachJoin(
                join -> new Delta.Product(left(join), right(join), join.condition()),
                it ->
                        it.inner(1, 1)
                                .minus(it.inner(0, 1))
                                .minus(it.inner(1, 0))
                                .plus(it.inner(0, 0)));
    }

    @Test
    void unmatchedIsTheChangeOfTheLeftSideAgainstTheOldRightSide() {
        forEachJoin(
                join ->
                        new Delta.Unmatched(
                                new Delta.Pending((Plan.Scan) join.left()),
                                join.right(),
                                Optional.of(new Delta.Pending((Plan.Scan) join.right())),
                                join.condition()),
                it -> it.padded(1, 0).minus(it.padded(0, 0)));
    }

    @Test
    void flippedIsTheChangeOfTheRightSideAgainstTheNewLeftSide() {
        forEachJoin(
                join ->
                        new Delta.Flipped(
                                join.left(),
                                join.right(),
                                new Delta.Pending((Plan.Scan) join.right()),
                                join.condition()),
                it -> it.padded(1, 1).minus(it.padded(1, 0)));
    }

    private static Plan single(Operator operator, RandomPlans plans) {
        Plan.Scan first = plans.scan(Tables.FIRST);
        Plan.Scan second = plans.scan(Tables.SECOND);
        return switch (operator) {
            case SCAN -> first;
            case CONSTANT -> new Plan.Constant(List.of());
            case FILTER -> plans.filter(first);
            case PROJECT -> plans.project(first);
            case INNER_JOIN -> plans.join(Plan.Join.Kind.INNER, first, second);
            case LEFT_JOIN -> plans.join(Plan.Join.Kind.LEFT, first, second);
            case UNION_ALL -> plans.union(List.of(first, second));
            case AGGREGATE -> plans.aggregate(first);
            case DISTINCT -> plans.distinct(first);
        };
    }

    private static Side left(Plan.Join join) {
        return new Side.Change(new Delta.Pending((Plan.Scan) join.left()));
    }

    private static Side right(Plan.Join join) {
        return new Side.Change(new Delta.Pending((Plan.Scan) join.right()));
    }

    private static void forEachJoin(
            Function<Plan.Join, Delta> node, Function<Joined, ZSet> expected) {
        for (long seed = 1; seed <= CASES; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Plan.Join join = (Plan.Join) single(Operator.LEFT_JOIN, new RandomPlans(random));
            LawCase it = LawCase.of(join, random);

            assertThat(DeltaEvaluator.evaluate(node.apply(join), it.state(1), it.changes(0, 1)))
                    .as("seed %d, %s", seed, it)
                    .isEqualTo(expected.apply(new Joined(join, it)));
        }
    }

    /// A left join of the first two tables, each of which is taken from a state of its own.
    private record Joined(Plan.Join join, LawCase it) {

        ZSet inner(int left, int right) {
            Plan inner =
                    new Plan.Join(
                            Plan.Join.Kind.INNER, join.left(), join.right(), join.condition());
            return Evaluator.evaluate(inner, mixed(left, right));
        }

        /// The rows that are extended with NULL.
        ZSet padded(int left, int right) {
            return Evaluator.evaluate(join, mixed(left, right)).minus(inner(left, right));
        }

        private Map<Long, ZSet> mixed(int left, int right) {
            Map<Long, ZSet> mixed = new HashMap<>(it.state(left));
            mixed.putAll(
                    Map.of(
                            Tables.SECOND.oid(),
                            it.state(right).getOrDefault(Tables.SECOND.oid(), ZSet.empty())));
            return mixed;
        }
    }
}
