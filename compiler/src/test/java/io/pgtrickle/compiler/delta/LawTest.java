package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.pgtrickle.compiler.model.ZSet;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Random plans obey the laws. `-Dlaw.seed=N` replays one case, `-Dlaw.cases=N` sets how many there
/// are, and `-Dlaw.first=N` where they begin.
class LawTest {

    @Test
    void everyRandomPlanObeysTheLaws() {
        Long seed = Long.getLong("law.seed");
        long first = seed != null ? seed : Long.getLong("law.first", 1L);
        long count = seed != null ? 1 : Long.getLong("law.cases", 30_000L);
        for (long i = first; i < first + count; i++) {
            check(i);
        }
    }

    @Test
    void aFailureIsShrunk() {
        DeltaRule nothing = (_, _, _, _) -> ZSet.empty();
        LawCase failing =
                LongStream.iterate(1, seed -> seed + 1)
                        .mapToObj(LawCase::of)
                        .filter(it ->
                                it.plan().scans().count() > 2
                                        && Law.RESULT_FOLLOWS.breaks(it, nothing))
                        .findFirst()
                        .orElseThrow();

        LawCase smallest = Shrinker.shrink(failing, it -> Law.RESULT_FOLLOWS.breaks(it, nothing));

        assertThat(smallest.plan().children()).isEmpty();
        assertThat(smallest.changes(0, 1)).hasSize(1);
        assertThat(
                        smallest.changes(1, 2).size()
                                + smallest.state(0).values().stream()
                                        .mapToInt(it -> it.size())
                                        .sum())
                .isLessThanOrEqualTo(3);
    }

    @Test
    void theRandomPlansHoldEveryOperator() {
        Set<Operator> seen = EnumSet.noneOf(Operator.class);
        for (long seed = 1; seed <= 200; seed++) {
            Operator.collect(LawCase.of(seed).plan(), seen);
        }

        assertThat(seen).containsExactlyInAnyOrder(Operator.values());
    }

    private static void check(long seed) {
        LawCase it = LawCase.of(seed);
        Optional<Law> broken = Law.broken(it, DeltaRule.DIFFERENTIATOR);
        broken.ifPresent(law -> {
            LawCase smallest =
                    Shrinker.shrink(it, smaller -> law.breaks(smaller, DeltaRule.DIFFERENTIATOR));
            fail("%s is broken; replay with -Dlaw.seed=%d%n  %s", law, seed, smallest);
        });
    }
}
