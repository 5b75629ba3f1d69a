package io.pgtrickle.compiler.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.delta.CorrelatedCase;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Sub-queries that are made independent of the rows around them give each of these rows what they
/// gave it before. `-Dunnest.cases=N` sets how many cases there are, `-Dunnest.first=N` where they
/// begin.
class UnnestingLawTest {
    private static final long FIRST = Long.getLong("unnest.first", 1L);
    private static final long CASES = Long.getLong("unnest.cases", 20_000L);

    @Test
    void aJoinWithTheUnnestedPlanIsTheNestedLoop() {
        cases().forEach(seed ->
                CorrelatedCase.of(seed)
                        .ifPresent(it -> {
                            Unnesting.Unnested unnested =
                                    Unnesting.unnest(
                                            it.outer(), it.inner(), it.free(), new Names());

                            assertThat(Free.of(unnested.plan(), it.outer().output())).isEmpty();
                            assertThat(it.joined(unnested.plan(), unnested.condition()))
                                    .as("seed %d%n  %s", seed, it)
                                    .isEqualTo(it.nestedLoop());
                        }));
    }

    @Test
    void recursionsReadTheOuterRowsInBothTerms() {
        List<Plan.Recursive> recursions =
                cases().mapToObj(CorrelatedCase::of)
                        .flatMap(Optional::stream)
                        .flatMap(it ->
                                it.inner()
                                        .operators()
                                        .filter(Plan.Recursive.class::isInstance)
                                        .map(Plan.Recursive.class::cast)
                                        .filter(found -> reads(found, it)))
                        .toList();

        assertThat(recursions).hasSizeGreaterThan((int) (CASES / 500));
        assertThat(recursions).anyMatch(it -> !it.distinct()).anyMatch(Plan.Recursive::distinct);
    }

    private static boolean reads(Plan.Recursive recursive, CorrelatedCase of) {
        return !Collections.disjoint(Free.of(recursive.base()), of.free())
                && !Collections.disjoint(Free.of(recursive.step()), of.free());
    }

    @Test
    void aJoinThatMixesTheOuterRowsUpIsSeen() {
        long seen =
                cases().limit(2_000)
                        .mapToObj(CorrelatedCase::of)
                        .flatMap(Optional::stream)
                        .filter(it -> {
                            Plan independent =
                                    Unnesting.unnest(it.outer(), it.inner(), it.free(), new Names())
                                            .plan();
                            return !it.joined(independent, Expr.always()).equals(it.nestedLoop());
                        })
                        .count();

        assertThat(seen).isGreaterThan(200);
    }

    @Test
    void liftedPredicatesAreTheConditionOfTheJoin() {
        assertThat(checked(Correlation.Depth.ROWS)).isGreaterThan(CASES / 100);
    }

    @Test
    void equalitiesLiftedFromGroupsAreTheConditionOfTheJoin() {
        assertThat(checked(Correlation.Depth.GROUPS))
                .isGreaterThan(checked(Correlation.Depth.ROWS));
    }

    private static long checked(Correlation.Depth depth) {
        return cases().boxed()
                .flatMap(seed ->
                        CorrelatedCase.of(seed).stream()
                                .flatMap(it -> lifted(it, depth))
                                .peek(it ->
                                        assertThat(it.joined())
                                                .as("seed %d%n  %s", seed, it.of())
                                                .isEqualTo(it.of().nestedLoop())))
                .count();
    }

    private record LiftedCase(CorrelatedCase of, Correlation.Lifted lifted) {
        ZSet joined() {
            return of.joined(lifted.plan(), lifted.condition());
        }
    }

    /// The case, if nothing but predicates reads the outer rows.
    private static Stream<LiftedCase> lifted(CorrelatedCase it, Correlation.Depth depth) {
        Correlation.Lifted lifted = Correlation.lift(it.inner(), it.free(), depth);
        Set<String> left = Free.of(lifted.plan());
        return Collections.disjoint(left, it.free())
                ? Stream.of(new LiftedCase(it, lifted))
                : Stream.empty();
    }

    private static LongStream cases() {
        return LongStream.range(FIRST, FIRST + CASES);
    }
}
