package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.pgtrickle.compiler.build.DistinctCounts;
import io.pgtrickle.compiler.build.JoinOrder;
import io.pgtrickle.compiler.build.Pruner;
import io.pgtrickle.compiler.build.Pushdown;
import io.pgtrickle.compiler.delta.RandomCalls.Ties;
import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Rewriting a plan leaves its columns and its result as they were, as far as SQL determines it:
/// which of the rows that tie comes first is not. `-Drewrite.cases=N` sets how many cases there
/// are, `-Drewrite.first=N` where they begin.
class RewriteLawTest {
    private static final long FIRST = Long.getLong("rewrite.first", 1L);
    private static final long CASES = Long.getLong("rewrite.cases", 15_000L);

    /// What the compiler does to every plan.
    enum Rewrite {
        PUSHDOWN(Pushdown::apply),
        PRUNER(Pruner::apply),
        JOIN_ORDER(JoinOrder::apply),
        DISTINCT_COUNTS(DistinctCounts::apply),
        ALL(plan -> DistinctCounts.apply(Pruner.apply(JoinOrder.apply(Pushdown.apply(plan)))));

        @SuppressWarnings("ImmutableEnumChecker") // functions without state
        private final UnaryOperator<Plan> rule;

        Rewrite(UnaryOperator<Plan> rule) {
            this.rule = rule;
        }
    }

    /// Rewritings that are easily taken for right.
    enum Wrong {
        LEFT_JOIN_IS_INNER_BELOW_A_FILTER(
                Plan.Filter.class,
                plan ->
                        plan instanceof Plan.Filter(Plan.Join join, var predicate)
                                        && join.kind() == Plan.Join.Kind.LEFT
                                ? new Plan.Filter(as(Plan.Join.Kind.INNER, join), predicate)
                                : plan),
        FULL_JOIN_IS_LEFT_BELOW_A_FILTER(
                Plan.Filter.class,
                plan ->
                        plan instanceof Plan.Filter(Plan.Join join, var predicate)
                                        && join.kind() == Plan.Join.Kind.FULL
                                ? new Plan.Filter(as(Plan.Join.Kind.LEFT, join), predicate)
                                : plan),
        FILTER_SINKS_BELOW_A_LIMIT(
                Plan.Filter.class,
                plan ->
                        plan instanceof Plan.Filter(Plan.Limit limit, var predicate)
                                ? limit.over(List.of(new Plan.Filter(limit.input(), predicate)))
                                : plan),
        FILTER_SINKS_BELOW_A_WINDOW(
                Plan.Filter.class,
                plan ->
                        plan instanceof Plan.Filter(Plan.Window window, var predicate)
                                        && window.input()
                                                .outputNames()
                                                .containsAll(predicate.columns())
                                ? window.over(List.of(new Plan.Filter(window.input(), predicate)))
                                : plan),
        CONDITION_SINKS_BELOW_AN_ANTI_JOIN(
                Plan.Join.class,
                plan ->
                        plan instanceof Plan.Join join
                                        && join.kind() == Plan.Join.Kind.ANTI
                                        && join.left()
                                                .outputNames()
                                                .containsAll(join.condition().columns())
                                ? join.of(
                                        new Plan.Filter(join.left(), join.condition()),
                                        join.right())
                                : plan),
        CALLS_OF_A_KEYLESS_GROUPING_NEED_NO_GROUPING(
                Plan.Project.class,
                plan ->
                        plan instanceof Plan.Project(Plan.Aggregate aggregate, var assignments)
                                        && aggregate.global()
                                        && assignments.stream()
                                                .allMatch(it -> it.expression().columns().isEmpty())
                                ? new Plan.Project(aggregate.input(), assignments)
                                : plan);

        @SuppressWarnings("ImmutableEnumChecker") // functions without state
        private final UnaryOperator<Plan> rule;

        Wrong(Class<? extends Plan> at, UnaryOperator<Plan> rule) {
            this.rule = plan -> everywhere(plan, it -> at.isInstance(it) ? rule.apply(it) : it);
        }

        private static Plan as(Plan.Join.Kind kind, Plan.Join join) {
            return new Plan.Join(kind, join.left(), join.right(), join.condition());
        }
    }

    @ParameterizedTest
    @EnumSource
    void theResultStaysWhatItWas(Rewrite rewrite) {
        cases().forEach(seed -> {
            LawCase it = of(seed);
            if (changes(it, rewrite.rule)) {
                LawCase smallest = Shrinker.shrink(it, smaller -> changes(smaller, rewrite.rule));
                fail(
                        "%s is wrong, seed %d%n  %s%n  becomes %s",
                        rewrite, seed, smallest, PlanText.of(rewrite.rule.apply(smallest.plan())));
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void aWrongRewritingIsSeen(Wrong wrong) {
        assertThat(cases().mapToObj(RewriteLawTest::of).anyMatch(it -> changes(it, wrong.rule)))
                .isTrue();
    }

    @Test
    void predicatesReachEveryPlaceTheyMay() {
        assertThat(reduced(Plan.Join.class, it -> it.kind() == Plan.Join.Kind.LEFT))
                .as("left joins that become inner joins")
                .isGreaterThan(20);
        assertThat(sunkBelow(Plan.Window.class)).as("below Window").isGreaterThan(5);
        assertThat(sunkBelow(Plan.Limit.class)).as("below Limit").isGreaterThan(5);
        assertThat(sunkBelow(Plan.Expand.class)).as("below Expand").isGreaterThan(20);
        assertThat(sunkBelow(Plan.Aggregate.class)).as("below Aggregate").isGreaterThan(5);
        assertThat(sunkBelow(Plan.Distinct.class)).as("below Distinct").isGreaterThan(5);
    }

    @Test
    void distinctValuesAreCounted() {
        assertThat(
                        cases().limit(5_000)
                                .mapToObj(seed -> of(seed).plan())
                                .filter(plan -> !DistinctCounts.apply(plan).equals(plan))
                                .count())
                .isGreaterThan(20);
    }

    private static LongStream cases() {
        return LongStream.range(FIRST, FIRST + CASES);
    }

    /// Many cases have a filter at the top, where most is to be pushed down, some a count of
    /// distinct values; the kept results are not marked in half of them, as where the compiler
    /// rewrites.
    private static LawCase of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RandomPlans plans = new RandomPlans(random, Ties.TOGETHER);
        int depth = 1 + random.nextInt(4);
        Plan plan =
                switch (random.nextInt(5)) {
                    case 0 -> plans.counted(depth);
                    case 1, 2 -> plans.filtered(depth);
                    default -> plans.plan(depth);
                };
        return LawCase.of(random.nextBoolean() ? plan : withoutStates(plan), random);
    }

    private static Plan withoutStates(Plan plan) {
        return everywhere(plan, it -> it instanceof Plan.Stored(_, var operator) ? operator : it);
    }

    private static Plan everywhere(Plan plan, UnaryOperator<Plan> change) {
        return change.apply(
                plan.over(plan.children().stream().map(it -> everywhere(it, change)).toList()));
    }

    private static boolean changes(LawCase it, UnaryOperator<Plan> rule) {
        Plan other = rule.apply(it.plan());
        return !other.outputNames().equals(it.plan().outputNames())
                || it.states().stream()
                        .anyMatch(state ->
                                !Evaluator.evaluate(other, state)
                                        .equals(Evaluator.evaluate(it.plan(), state)));
    }

    private static <T extends Plan> long reduced(Class<T> type, Predicate<T> which) {
        return cases().limit(5_000)
                .mapToObj(seed -> of(seed).plan())
                .filter(plan -> count(Pushdown.apply(plan), type, which) < count(plan, type, which))
                .count();
    }

    private static <T extends Plan> long count(Plan plan, Class<T> type, Predicate<T> which) {
        return plan.operators().filter(type::isInstance).map(type::cast).filter(which).count();
    }

    /// In how many cases a filter has moved below an operator of a class.
    private static long sunkBelow(Class<? extends Plan> type) {
        return cases().limit(5_000)
                .mapToObj(seed -> of(seed).plan())
                .filter(plan -> filtersBelow(Pushdown.apply(plan), type) > filtersBelow(plan, type))
                .count();
    }

    private static long filtersBelow(Plan plan, Class<? extends Plan> type) {
        return plan.operators()
                .filter(type::isInstance)
                .flatMap(it -> it.children().stream())
                .filter(Plan.Filter.class::isInstance)
                .count();
    }
}
