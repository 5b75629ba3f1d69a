package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.RandomCalls.Ties;
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
            Plan plan = single(operator, new RandomOperators(random, Ties.SPLIT));
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
    void keptIsTheChangeOfTheLeftSideAgainstTheOldRightSide() {
        forEachJoin(
                join -> new Delta.Padded(kept(join, Delta.Partners.NONE), join.output()),
                it -> it.padded(1, 0).minus(it.padded(0, 0)));
        forEachJoin(
                join -> kept(join, Delta.Partners.SOME), it -> it.semi(1, 0).minus(it.semi(0, 0)));
    }

    @Test
    void flippedIsTheChangeOfTheRightSideAgainstTheNewLeftSide() {
        forEachJoin(
                join -> new Delta.Padded(flipped(join, Delta.Partners.NONE), join.output()),
                it -> it.padded(1, 1).minus(it.padded(1, 0)));
        forEachJoin(
                join -> flipped(join, Delta.Partners.SOME),
                it -> it.semi(1, 1).minus(it.semi(1, 0)));
    }

    @Test
    void aChangeTimesTheOldStateIsWhatTheLeftSideDidFirst() {
        forEachJoin(
                join ->
                        new Delta.Product(
                                left(join), new Side.Before(join.right()), join.condition()),
                it -> it.inner(1, 0).minus(it.inner(0, 0)));
    }

    private static Delta kept(Plan.Join join, Delta.Partners partners) {
        return new Delta.Kept(
                new Delta.Pending((Plan.Scan) join.left()),
                join.right(),
                Optional.of(new Delta.Pending((Plan.Scan) join.right())),
                join.condition(),
                partners);
    }

    private static Delta flipped(Plan.Join join, Delta.Partners partners) {
        return new Delta.Flipped(
                join.left(),
                join.right(),
                new Delta.Pending((Plan.Scan) join.right()),
                join.condition(),
                partners);
    }

    private static Plan single(Operator operator, RandomOperators plans) {
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
            case FULL_JOIN -> plans.join(Plan.Join.Kind.FULL, first, second);
            case SEMI_JOIN -> plans.join(Plan.Join.Kind.SEMI, first, second);
            case ANTI_JOIN -> plans.join(Plan.Join.Kind.ANTI, first, second);
            case EXPAND -> plans.expand(first);
            case WINDOW -> plans.window(first);
            case LIMIT -> plans.limit(first);
            case STORED -> plans.stored(first);
            case RECURSIVE, WORKING -> plans.recursion(first, second);
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
            Plan.Join join =
                    (Plan.Join) single(Operator.LEFT_JOIN, new RandomOperators(random, Ties.SPLIT));
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

        /// The left rows with a partner.
        ZSet semi(int left, int right) {
            Plan semi =
                    new Plan.Join(Plan.Join.Kind.SEMI, join.left(), join.right(), join.condition());
            return Evaluator.evaluate(semi, mixed(left, right));
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
